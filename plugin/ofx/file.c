/* Reads, not a mapping: a mapped file that is cut short, or whose network drive goes away, ends the host by a signal;
   a read only fails. */

#ifdef _WIN32

#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include "file.h"

bool file_open(File *file, const char *path)
{
    wchar_t wide[4096];
    if (!MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, path, -1, wide, 4096)) return false;
    DWORD share = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
    HANDLE handle = CreateFileW(wide, GENERIC_READ, share, NULL, OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, NULL);
    if (handle == INVALID_HANDLE_VALUE) return false; /* a folder, too */
    file->handle = (intptr_t)handle;
    if (GetFileType(handle) == FILE_TYPE_DISK) return true;
    file_close(file);
    return false;
}

void file_close(File *file)
{
    CloseHandle((HANDLE)file->handle);
}

bool file_size(const File *file, uint64_t *size)
{
    LARGE_INTEGER found;
    if (!GetFileSizeEx((HANDLE)file->handle, &found)) return false;
    *size = (uint64_t)found.QuadPart;
    return true;
}

bool file_read(const File *file, uint64_t offset, void *bytes, size_t size)
{
    char *to = bytes;
    while (size > 0) {
        OVERLAPPED place = {0};
        place.Offset = (DWORD)offset;
        place.OffsetHigh = (DWORD)(offset >> 32);
        DWORD wanted = size > 1 << 30 ? 1 << 30 : (DWORD)size, got = 0;
        if (!ReadFile((HANDLE)file->handle, to, wanted, &got, &place) || got == 0) return false;
        to += got, offset += got, size -= got;
    }
    return true;
}

#else

#define _FILE_OFFSET_BITS 64
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "file.h"

/* Not by fstat: glibc 2.33 gave it a new version, and the plug-in is to load on systems as old as 2.14. */
bool file_open(File *file, const char *path)
{
    int folder = open(path, O_RDONLY | O_CLOEXEC | O_DIRECTORY);
    if (folder >= 0) {
        close(folder);
        return false;
    }
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe must not hold the host up */
    if (descriptor < 0) return false;
    file->handle = descriptor;
    return true;
}

void file_close(File *file)
{
    close((int)file->handle);
}

bool file_size(const File *file, uint64_t *size)
{
    off_t end = lseek((int)file->handle, 0, SEEK_END);
    *size = end < 0 ? 0 : (uint64_t)end;
    return end >= 0; /* a pipe has none */
}

bool file_read(const File *file, uint64_t offset, void *bytes, size_t size)
{
    char *to = bytes;
    while (size > 0) {
        size_t wanted = size > 1 << 30 ? 1 << 30 : size;
        ssize_t got = pread((int)file->handle, to, wanted, (off_t)offset);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return false;
        to += got, offset += (uint64_t)got, size -= (size_t)got;
    }
    return true;
}

#endif
