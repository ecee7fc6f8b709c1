/* llhttp's parser, compiled for all processors and once more for those that compare ranges of bytes (SSE 4.2). */
#include <llhttp.h>

int grove_llhttp_sse42_execute(llhttp__internal_t* parser, const char* begin, const char* end);

int grove_llhttp_execute(llhttp__internal_t* parser, const char* begin, const char* end);
int grove_llhttp_execute(llhttp__internal_t* parser, const char* begin, const char* end) {
    return __builtin_cpu_supports("sse4.2") ? grove_llhttp_sse42_execute(parser, begin, end)
                                            : llhttp__internal_execute(parser, begin, end);
}
