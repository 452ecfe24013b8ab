/* Where the panel is looked for, first to last:
     1. the program that LIKENESS_PANEL names
     2. the one that Contents/Resources/panel.txt in the bundle names; `likeness hosts install` writes it
     3. likeness-panel in the absolute folders of PATH
     4. where the installers put it
   It is started as PROGRAM --panel RESULT, where RESULT is an absolute folder, left out where none is chosen. */

#ifdef _WIN32
#define WIN32_LEAN_AND_MEAN
#include <wchar.h>
#include <windows.h>
#define PROGRAM "likeness-panel.exe"
#define SEPARATOR ';'
#else
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>
#define PROGRAM "likeness-panel"
#define SEPARATOR ':'
#endif

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "panel.h"

enum { LONGEST_PATH = 4096 };

#ifdef _WIN32

/* An environment variable as UTF-8; empty where there is none. */
static void environment(const char *name, char *value, int size)
{
    wchar_t wide_name[64], wide[LONGEST_PATH * 4];
    value[0] = 0;
    MultiByteToWideChar(CP_UTF8, 0, name, -1, wide_name, 64);
    DWORD length = GetEnvironmentVariableW(wide_name, wide, LONGEST_PATH * 4);
    if (length == 0 || length >= LONGEST_PATH * 4) return;
    if (!WideCharToMultiByte(CP_UTF8, 0, wide, -1, value, size, NULL, NULL)) value[0] = 0;
}

static bool is_absolute(const char *path)
{
    return path[0] && path[1] == ':' && (path[2] == '\\' || path[2] == '/');
}

static bool is_program(const char *path)
{
    wchar_t wide[LONGEST_PATH];
    if (!MultiByteToWideChar(CP_UTF8, 0, path, -1, wide, LONGEST_PATH)) return false;
    DWORD attributes = GetFileAttributesW(wide);
    return attributes != INVALID_FILE_ATTRIBUTES && !(attributes & FILE_ATTRIBUTE_DIRECTORY);
}

/* Appends an argument as CommandLineToArgvW takes it apart again. */
static bool append_argument(wchar_t *line, size_t size, const char *argument)
{
    wchar_t wide[LONGEST_PATH];
    size_t at = wcslen(line), backslashes = 0;
    if (!MultiByteToWideChar(CP_UTF8, 0, argument, -1, wide, LONGEST_PATH)) return false;
    if (at + 2 * wcslen(wide) + 4 > size) return false;
    if (at) line[at++] = L' ';
    line[at++] = L'"';
    for (const wchar_t *c = wide; *c; c++) {
        if (*c == L'"')
            for (size_t i = 0; i <= backslashes; i++) line[at++] = L'\\'; /* double those before, and one for it */
        backslashes = *c == L'\\' ? backslashes + 1 : 0;
        line[at++] = *c;
    }
    for (size_t i = 0; i < backslashes; i++) line[at++] = L'\\';
    line[at++] = L'"';
    line[at] = 0;
    return true;
}

static bool start(const char *program, const char *result)
{
    wchar_t line[3 * LONGEST_PATH] = L"", wide[LONGEST_PATH];
    if (!MultiByteToWideChar(CP_UTF8, 0, program, -1, wide, LONGEST_PATH)) return false;
    if (!append_argument(line, 3 * LONGEST_PATH, program)) return false;
    if (!append_argument(line, 3 * LONGEST_PATH, "--panel")) return false;
    if (result[0] && !append_argument(line, 3 * LONGEST_PATH, result)) return false;
    STARTUPINFOW startup = {.cb = sizeof startup};
    PROCESS_INFORMATION process;
    DWORD flags = DETACHED_PROCESS | CREATE_NEW_PROCESS_GROUP;
    if (!CreateProcessW(wide, line, NULL, NULL, FALSE, flags, NULL, NULL, &startup, &process)) return false;
    CloseHandle(process.hThread);
    CloseHandle(process.hProcess);
    return true;
}

#else

extern char **environ;

static void environment(const char *name, char *value, int size)
{
    const char *found = getenv(name);
    value[0] = 0;
    if (found && strlen(found) < (size_t)size) strcpy(value, found);
}

static bool is_absolute(const char *path)
{
    return path[0] == '/';
}

static bool is_program(const char *path)
{
    int folder = open(path, O_RDONLY | O_CLOEXEC | O_DIRECTORY);
    if (folder >= 0) close(folder);
    return folder < 0 && access(path, X_OK) == 0;
}

/* Whether a variable would make the panel load the host's libraries in place of its own. */
static bool is_the_hosts(const char *variable)
{
    static const char *const names[] = {
        "LD_LIBRARY_PATH=", "LD_PRELOAD=", "DYLD_", "PYTHONHOME=", "PYTHONPATH=",
        "QT_PLUGIN_PATH=", "QT_QPA_PLATFORM_PLUGIN_PATH=", "QML2_IMPORT_PATH=",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strncmp(variable, names[i], strlen(names[i])) == 0) return true;
    return false;
}

/* In the grandchild, where only what is safe in a copy of a program with many threads may be called. */
static void become(const char *program, char *const *arguments, char *const *variables, int report)
{
    int nothing = open("/dev/null", O_RDWR);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL); /* the host's thread may have blocked signals */
    setsid();
    for (int descriptor = 0; descriptor < 3 && nothing >= 0; descriptor++) dup2(nothing, descriptor);
    for (int descriptor = 3; descriptor < 4096; descriptor++)
        if (descriptor != report) close(descriptor);
    execve(program, arguments, variables);
    int reason = errno;
    ssize_t ignored = write(report, &reason, sizeof reason);
    (void)ignored;
    _exit(127);
}

/* Twice over a child, so that the host, which waits for children of its own, never sees this one. */
static bool start(const char *program, const char *result)
{
    char *arguments[] = {(char *)program, "--panel", result[0] ? (char *)result : NULL, NULL};
    size_t count = 0, kept = 0;
    while (environ && environ[count]) count++;
    char **variables = malloc((count + 1) * sizeof *variables);
    int ends[2];
    if (!variables) return false;
    for (size_t i = 0; i < count; i++)
        if (!is_the_hosts(environ[i])) variables[kept++] = environ[i];
    variables[kept] = NULL;
    if (pipe(ends) != 0) {
        free(variables);
        return false;
    }
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(ends[1], F_SETFD, FD_CLOEXEC); /* closes when the panel runs: nothing was written */
    pid_t child = fork();
    if (child == 0) {
        pid_t grandchild = fork();
        if (grandchild == 0) become(program, arguments, variables, ends[1]);
        _exit(grandchild < 0);
    }
    close(ends[1]);
    int status = 1, reason;
    bool started = child > 0;
    while (started && waitpid(child, &status, 0) < 0)
        if (errno != EINTR) break; /* a host that ignores its children's ends: the pipe tells */
    if (started && read(ends[0], &reason, sizeof reason) > 0) started = false;
    close(ends[0]);
    free(variables);
    return started;
}

#endif

/* FOLDER/NAME, where that is a program. */
static bool find_in(const char *folder, size_t length, const char *name, char *program)
{
    int written = snprintf(program, LONGEST_PATH, "%.*s/%s", (int)length, folder, name);
    return written > 0 && written < LONGEST_PATH && is_absolute(program) && is_program(program);
}

static bool find_named_in_bundle(const char *bundle, char *program)
{
    char note[LONGEST_PATH];
    File file;
    uint64_t size;
    if (!bundle) return false;
    if (snprintf(note, sizeof note, "%s/Contents/Resources/panel.txt", bundle) >= (int)sizeof note) return false;
    if (!file_open(&file, note)) return false;
    bool read = file_size(&file, &size) && size < LONGEST_PATH && file_read(&file, 0, program, (size_t)size);
    file_close(&file);
    if (!read) return false;
    program[size] = 0;
    program[strcspn(program, "\r\n")] = 0;
    return is_absolute(program) && is_program(program);
}

static bool find_on_path(char *program)
{
    static const size_t size = LONGEST_PATH * 8;
    char *folders = malloc(size);
    bool found = false;
    if (!folders) return false;
    environment("PATH", folders, (int)size);
    for (const char *at = folders; *at && !found;) {
        const char *end = strchr(at, SEPARATOR);
        size_t length = end ? (size_t)(end - at) : strlen(at);
        found = find_in(at, length, PROGRAM, program);
        at += length + (end != NULL);
    }
    free(folders);
    return found;
}

static bool find_installed(char *program)
{
    static const struct {
        const char *variable, *folder; /* under what the variable names; NULL: an absolute folder */
    } places[] = {
#ifdef _WIN32
        {"LOCALAPPDATA", "Programs/Likeness"},
        {"ProgramFiles", "Likeness"},
#elif defined __APPLE__
        {"HOME", "Applications/Likeness.app/Contents/MacOS"},
        {NULL, "/Applications/Likeness.app/Contents/MacOS"},
#else
        {"HOME", ".local/bin"},
        {NULL, "/usr/local/bin"},
        {NULL, "/usr/bin"},
        {NULL, "/opt/likeness"},
#endif
    };
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        char folder[LONGEST_PATH], base[LONGEST_PATH / 2] = "";
        if (places[i].variable) environment(places[i].variable, base, (int)sizeof base);
        if (places[i].variable && !base[0]) continue;
        snprintf(folder, sizeof folder, "%s%s%s", base, places[i].variable ? "/" : "", places[i].folder);
        if (find_in(folder, strlen(folder), PROGRAM, program)) return true;
    }
    return false;
}

bool panel_open(const char *bundle, const char *result)
{
    char program[LONGEST_PATH];
    environment("LIKENESS_PANEL", program, LONGEST_PATH);
    bool found = is_absolute(program) && is_program(program);
    found = found || find_named_in_bundle(bundle, program) || find_on_path(program) || find_installed(program);
    return found && start(program, is_absolute(result) ? result : ""); /* else it could be taken for an option */
}
