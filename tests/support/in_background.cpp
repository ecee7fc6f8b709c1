// in_background TERMINAL PROGRAM [ARGUMENT...] - PROGRAM as a shell runs it with "&" on a terminal with `stty tostop`,
// which becomes its standard error. Ends when it does, or stops. Exit 77: there is no such terminal.
#include <csignal>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

int main(int, char** arguments) {
    ::setsid();
    const int terminal = ::open(arguments[1], O_RDWR | O_CLOEXEC);  // the session's from here on
    termios settings{};
    if (::tcgetattr(terminal, &settings) != 0) return 77;
    settings.c_lflag |= TOSTOP;
    if (::tcsetattr(terminal, TCSANOW, &settings) != 0) return 77;
    const pid_t program = ::fork();
    if (program == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        ::setpgid(0, 0);
        ::dup2(terminal, STDERR_FILENO);
        ::execv(arguments[2], arguments + 2);
        return 1;
    }
    int status = 0;
    ::waitpid(program, &status, WUNTRACED);
    ::kill(program, SIGKILL);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 2;
}
