#!/bin/bash
# run.sh SOURCE BUILD COMPILER [FLAG...] - what is installed can be built against and moved: the consumer's
# programs by find_package() and by pkg-config, the server from the place the tree was moved to.
set -eu
source=$1
build=$2
compiler=$3
shift 3
flags=$*
scratch=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$scratch"' EXIT
. "$source/tests/support/serving.sh"

fail() {
    echo "install: $*" >&2
    exit 1
}
quietly() { # its output only if it fails
    "$@" >"$scratch/log" 2>&1 || { cat "$scratch/log" >&2; fail "failed: $*"; }
}
configure() { # FOLDER BUILD [OPTION...]
    local folder=$1 tree=$2
    shift 2
    cmake -S "$folder" -B "$tree" -DCMAKE_CXX_COMPILER="$compiler" -DCMAKE_CXX_FLAGS="$flags" \
        -DCMAKE_PREFIX_PATH="$installed" "$@"
}

quietly cmake --install "$build" --prefix "$scratch/first"
installed=$scratch/moved
mv "$scratch/first" "$installed" # before anything was built against it

for part in bin/grove lib/grove/apps/hello.so include/grove/http.h share/grove/conf/grove.json \
    share/man/man1/grove.1.gz share/man/man1/grove-serve.1.gz share/bash-completion/completions/grove \
    lib/cmake/grove/groveConfig.cmake lib/pkgconfig/grove-http.pc lib/pkgconfig/grove-web.pc; do
    [ -e "$installed/$part" ] || fail "does not install $part"
done
if grep -rlIF -e "$scratch/first" -e "$build" -e "$source" "$installed"; then
    fail "these files name the folder they were built or installed in"
fi
for library in core pool http web; do
    file=$installed/lib/libgrove_$library.so
    soname=$(readelf -d "$file" | sed -n 's/.*(SONAME).*\[\(.*\)\]/\1/p')
    [[ $soname =~ ^libgrove_$library\.so\.(0\.[0-9]+|[1-9][0-9]*)$ ]] || fail "$file has the soname '$soname'"
    [ -e "$installed/lib/$soname" ] || fail "does not install $soname"
    if readelf -d "$file" "$installed/bin/grove" | grep -E '(RPATH|RUNPATH)' | grep -vE '\[\$ORIGIN(:\$ORIGIN[a-z/.]*)*\]'; then
        fail "a run path leads out of the tree"
    fi
done

# Which headers a plugin was built against, until they are released: told by their contents, wherever they lie, and by
# nothing else.
hash_of() { sed -n 's/^#define GROVE_DETAIL_HEADERS "\(.*\)"$/\1/p' "$1/include/grove/http/headers_hash.h"; }
hash=$(hash_of "$installed")
[ "$hash" = "$(hash_of "$build")" ] || fail "installs the hash of other headers than it was built with"
if grep -q '^#define GROVE_VERSION ".*-' "$source/core/include/grove/core/version.h"; then
    tree=$scratch/tree
    mkdir "$tree"
    for part in CMakeLists.txt LICENSE core pool http apps conf; do cp -r "$source/$part" "$tree/"; done
    quietly configure "$tree" "$tree/build" -G Ninja -DGROVE_TESTS=OFF
    [[ $hash == " headers-"* && $hash = "$(hash_of "$tree/build")" ]] || fail "the hash '$hash' is another elsewhere"
    echo '// another source' >>"$tree/pool/pool.cpp"
    quietly cmake --build "$tree/build" --target list_install_components
    [ "$hash" = "$(hash_of "$tree/build")" ] || fail "a source changes the hash of the headers"
    echo '// another header' >>"$tree/pool/include/grove/pool/pool.h"
    quietly cmake --build "$tree/build" --target list_install_components
    [ "$hash" != "$(hash_of "$tree/build")" ] || fail "a header does not change the hash of the headers"
fi

quietly configure "$source/tests/consumer" "$scratch/consumer"
quietly cmake --build "$scratch/consumer" -j 2
quietly ctest --test-dir "$scratch/consumer" --output-on-failure --no-tests=error

# The optional components: where they were built a program finds them; where not, it goes on without.
mkdir "$scratch/optional"
cat >"$scratch/optional/CMakeLists.txt" <<'CMAKE'
cmake_minimum_required(VERSION 3.25)
project(optional CXX)
find_package(grove 0.2 CONFIG REQUIRED COMPONENTS core OPTIONAL_COMPONENTS postgres redis)
foreach(component IN ITEMS postgres redis)
    if(grove_${component}_FOUND)
        file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/${component}.cpp
            "#include <grove/${component}.h>\nint main() { grove::${component}::Pool pool{\"\"}; return int(pool.size()); }\n")
        add_executable(${component} ${CMAKE_CURRENT_BINARY_DIR}/${component}.cpp)
        target_link_libraries(${component} PRIVATE grove::${component})
    endif()
endforeach()
CMAKE
quietly configure "$scratch/optional" "$scratch/optional/build"
quietly cmake --build "$scratch/optional/build"
for component in postgres redis; do
    [ -e "$build/lib/libgrove_$component.so" ] || continue
    quietly "$scratch/optional/build/$component"
done
for binary in "$installed/bin/grove" "$installed"/lib/libgrove_{core,pool,http,web}.so; do
    if readelf -d "$binary" | grep -E 'NEEDED.*(libpq|libhiredis)'; then
        fail "$binary needs the library of an optional component"
    fi
done

mkdir "$scratch/asks"
for wanted in "9.0" "0.1" "0.2 COMPONENTS pond"; do
    printf 'cmake_minimum_required(VERSION 3.25)\nproject(asks CXX)\nfind_package(grove %s CONFIG REQUIRED)\n' \
        "$wanted" >"$scratch/asks/CMakeLists.txt"
    if configure "$scratch/asks" "$scratch/asks/build" --fresh >"$scratch/log" 2>&1; then
        fail "find_package(grove $wanted) finds it"
    fi
done

export PKG_CONFIG_PATH=$installed/lib/pkgconfig
if command -v pkg-config >/dev/null; then
    # shellcheck disable=SC2046,SC2086
    quietly "$compiler" $flags -std=c++20 "$source/tests/consumer/crawler.cpp" -o "$scratch/crawler" \
        $(pkg-config --cflags --libs grove-http) "-Wl,-rpath,$installed/lib"
    quietly "$scratch/crawler"
fi

start_server "$installed/bin/grove" serve --listen 127.0.0.1:0
answer=$(answer_of "$server_port" /hello)
[[ $answer == *"200 OK"*"Hello, World!"* ]] || fail "the moved server answers: $answer"
stop_server

# The plugin kit (A-065): a new project builds against the moved tree, passes its test and is served.
(cd "$scratch" && quietly "$installed/bin/grove" new greeter)
project=$scratch/greeter
quietly configure "$project" "$project/build" -DCMAKE_CXX_FLAGS="$flags -Werror"
quietly cmake --build "$project/build"
quietly ctest --test-dir "$project/build" --output-on-failure --no-tests=error
[ "$("$installed/bin/grove" check "$project/greeter.json")" = "$project/greeter.json: ok" ] ||
    fail "the new project's configuration has faults"
readelf -dW "$project/build/greeter.so" | grep -q 'FLAGS.*NOW' || fail "the new plugin binds its symbols late"
nm -D "$project/build/greeter.so" | grep -q __stack_chk_fail || fail "the new plugin has no stack protector"
grep -rqs -e -fno-omit-frame-pointer "$project/build" || fail "the new plugin is built without frame pointers"
commands=$project/build/compile_commands.json
[ "$(grep -c '"file":' "$commands")" = 3 ] || fail "the new project compiles a source twice"
grep '"command":.*greeter_app.cpp' "$commands" | grep -q -e -fvisibility-inlines-hidden ||
    fail "the new application is not compiled as a plugin"
exported=$(nm -D --defined-only "$project/build/greeter.so" | awk '{print $3}')
[ "$exported" = grove_plugin ] || fail "the new plugin exports more than grove_plugin: $exported"

start_server "$installed/bin/grove" serve "$project/greeter.json" --listen 127.0.0.1:0
answer=$(answer_of "$server_port" "/?name=Ada")
[[ $answer == *"200 OK"*'{"greeting":"Hello, Ada!"}'* ]] || fail "the new plugin answers: $answer"
if command -v curl >/dev/null; then
    answer=$(curl -sS -d '{"numbers": [1, 2, 3.5]}' "http://127.0.0.1:$server_port/")
    [ "$answer" = '{"sum":6.5}' ] || fail "the new plugin answers: $answer"
    answer=$(curl -sS -d 'name=Ada+L.' "http://127.0.0.1:$server_port/guests")
    [ "$answer" = '{"entered":true}' ] || fail "the new plugin answers: $answer"
    answer=$(curl -sS "http://127.0.0.1:$server_port/guests")
    [ "$answer" = '{"Ada L.":1}' ] || fail "the new plugin answers: $answer"
fi
stop_server

# So does a site, by the commands that its README.md has; its cookie is signed by the key that was written with it.
(cd "$scratch" && quietly "$installed/bin/grove" new --web guests)
site=$scratch/guests
quietly configure "$site" "$site/build" -DCMAKE_CXX_FLAGS="$flags -Werror"
quietly cmake --build "$site/build"
quietly ctest --test-dir "$site/build" --output-on-failure --no-tests=error
[ "$("$installed/bin/grove" check "$site/guests.json")" = "$site/guests.json: ok" ] ||
    fail "the new site's configuration has faults"
start_server "$installed/bin/grove" serve "$site/guests.json" --listen 127.0.0.1:0
answer=$(answer_of "$server_port" /)
[[ $answer == *"200 OK"*"default-src 'self'"*"<h1>Guest book</h1>"* ]] || fail "the new site answers: $answer"
if command -v curl >/dev/null; then
    awk '/^```sh$/ { block = 1; next } /^```$/ { block = 0 } block && /curl|^token=/' "$site/README.md" |
        sed "s/127.0.0.1:8000/127.0.0.1:$server_port/; s/curl /curl -sS --fail /" >"$scratch/commands"
    answer=$(cd "$site" && bash -eu "$scratch/commands") || fail "its README.md's commands fail"
    [[ $answer == '[{"name":"Ada","text":"Hello"}]'*"body {"* ]] || fail "the new site answers: $answer"
fi
stop_server
mv "$site/guests.keys" "$site/away"
if "$installed/bin/grove" check "$site/guests.json" >"$scratch/log" 2>&1; then
    fail "a site without a key is served"
fi
grep -qF 'there is no key in guests.keys' "$scratch/log" || fail "its lack is told by: $(cat "$scratch/log")"

# Built against other headers it is refused: with what was found, what is wanted, and what to do.
if [ -n "$hash" ]; then
    sed -i "s/$hash/ headers-0123456789ab/" "$installed/include/grove/http/headers_hash.h"
    quietly cmake --build "$project/build" --target greeter
    if "$installed/bin/grove" check "$project/greeter.json" >"$scratch/log" 2>&1; then
        fail "a plugin of other headers is loaded"
    fi
    grep -F 'headers-0123456789ab' "$scratch/log" | grep -F "$hash" | grep -q 'build it again' ||
        fail "a plugin of other headers is refused by: $(cat "$scratch/log")"
fi
