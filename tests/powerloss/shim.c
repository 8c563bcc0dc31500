/* Records what a process does to the files of one folder, for tests/powerloss.
 *
 * Preloaded. Every write, truncation, creation, unlink, rename and flush of a file under
 * $DARASA_JOURNAL_FOLDER is done and then appended to $DARASA_JOURNAL, under one lock, so that the
 * order of records is the order of the calls. The process itself calls journal_acknowledge() when
 * it has told somebody that something is safe. Calls that would change a file behind the journal's
 * back (vectors, shared writable maps, allocation, links) are recorded as 'X': the replay refuses
 * such a journal. Files that end in "-shm" are left out: SQLite never reads one after a crash.
 *
 * Record, native order: u8 op | u64 file | u64 number | u32 path length | u32 data length | both.
 * `file` is the inode; `number` an offset or a size.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define FDS 4096
#define REAL(name) ((__typeof__(&name))real(#name))

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int journal = -1;
static char folder[PATH_MAX];
static size_t folder_length;
static ino_t file_of[FDS]; /* 0: not ours */
static char is_folder[FDS];

static void *real(const char *name) {
    void *found = dlsym(RTLD_NEXT, name);
    if (found == NULL) abort();
    return found;
}

__attribute__((constructor)) static void begin(void) {
    const char *where = getenv("DARASA_JOURNAL_FOLDER"), *to = getenv("DARASA_JOURNAL");
    if (where == NULL || to == NULL || realpath(where, folder) == NULL) return;
    folder_length = strlen(folder);
    journal = REAL(open)(to, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

/* The path inside the folder ("" for the folder itself), or NULL when it is not ours. */
static const char *ours(const char *path) {
    if (journal < 0 || path == NULL || strncmp(path, folder, folder_length) != 0) return NULL;
    path += folder_length;
    if (*path != '\0' && *path != '/') return NULL;
    while (*path == '/') path++;
    size_t length = strlen(path);
    if (length >= 4 && strcmp(path + length - 4, "-shm") == 0) return NULL;
    return path;
}

static int is_ours(int fd) { return journal >= 0 && fd >= 0 && fd < FDS && file_of[fd] != 0; }

static void note(char op, uint64_t file, uint64_t number, const char *path, const void *data,
                 size_t length) {
    struct { uint64_t file, number; uint32_t path_length, data_length; } head = {
        file, number, (uint32_t)strlen(path), (uint32_t)length};
    struct iovec parts[4] = {{&op, 1}, {&head, 24}, {(void *)path, strlen(path)}, {(void *)data, length}};
    size_t all = 25 + strlen(path) + length;
    if (REAL(writev)(journal, parts, 4) != (ssize_t)all) abort();
}

void journal_acknowledge(const void *data, size_t length) {
    if (journal < 0) return;
    pthread_mutex_lock(&lock);
    note('A', 0, 0, "", data, length);
    pthread_mutex_unlock(&lock);
}

static int opened(const char *path, int flags, mode_t mode) {
    const char *name = ours(path);
    if (name == NULL) return REAL(open)(path, flags, mode);
    pthread_mutex_lock(&lock);
    struct stat before, after;
    int was_there = stat(path, &before) == 0;
    int fd = REAL(open)(path, flags, mode);
    int failed = errno;
    if (fd >= FDS) abort();
    if (fd >= 0 && fstat(fd, &after) == 0) {
        is_folder[fd] = S_ISDIR(after.st_mode);
        file_of[fd] = after.st_ino;
        if (!was_there && !is_folder[fd]) note('O', after.st_ino, 0, name, NULL, 0);
        if (was_there && (flags & O_TRUNC)) note('S', after.st_ino, 0, name, NULL, 0);
    }
    pthread_mutex_unlock(&lock);
    errno = failed;
    return fd;
}

#define OPENER(name)                                      \
    int name(const char *path, int flags, ...) {          \
        va_list rest;                                     \
        va_start(rest, flags);                            \
        mode_t mode = (flags & O_CREAT) ? va_arg(rest, mode_t) : 0; \
        va_end(rest);                                     \
        return opened(path, flags, mode);                 \
    }
OPENER(open)
OPENER(open64)
int __open_2(const char *path, int flags) { return opened(path, flags, 0); }
int __open64_2(const char *path, int flags) { return opened(path, flags, 0); }

static int opened_at(int at, const char *path, int flags, mode_t mode) {
    if (at == AT_FDCWD || path[0] == '/') return opened(path, flags, mode);
    if (is_ours(at)) note('X', 0, 0, "", "openat", 6);
    return REAL(openat)(at, path, flags, mode);
}

#define OPENER_AT(name)                                   \
    int name(int at, const char *path, int flags, ...) {  \
        va_list rest;                                     \
        va_start(rest, flags);                            \
        mode_t mode = (flags & O_CREAT) ? va_arg(rest, mode_t) : 0; \
        va_end(rest);                                     \
        return opened_at(at, path, flags, mode);          \
    }
OPENER_AT(openat)
OPENER_AT(openat64)

int close(int fd) {
    if (!is_ours(fd)) return REAL(close)(fd);
    pthread_mutex_lock(&lock);
    file_of[fd] = 0;
    int done = REAL(close)(fd);
    pthread_mutex_unlock(&lock);
    return done;
}

static ssize_t written(int fd, const void *data, size_t length, off_t offset, int is_at) {
    pthread_mutex_lock(&lock);
    if (!is_at) offset = lseek(fd, 0, SEEK_CUR);
    ssize_t done = is_at ? REAL(pwrite)(fd, data, length, offset) : REAL(write)(fd, data, length);
    int failed = errno;
    if (done > 0) note('W', file_of[fd], (uint64_t)offset, "", data, (size_t)done);
    pthread_mutex_unlock(&lock);
    errno = failed;
    return done;
}

ssize_t write(int fd, const void *data, size_t length) {
    return is_ours(fd) ? written(fd, data, length, 0, 0) : REAL(write)(fd, data, length);
}
ssize_t pwrite(int fd, const void *data, size_t length, off_t offset) {
    return is_ours(fd) ? written(fd, data, length, offset, 1) : REAL(pwrite)(fd, data, length, offset);
}
ssize_t pwrite64(int fd, const void *data, size_t length, off64_t offset) {
    return pwrite(fd, data, length, offset);
}

static int cut(int fd, off_t size) {
    pthread_mutex_lock(&lock);
    int done = REAL(ftruncate)(fd, size);
    if (done == 0) note('S', file_of[fd], (uint64_t)size, "", NULL, 0);
    pthread_mutex_unlock(&lock);
    return done;
}
int ftruncate(int fd, off_t size) { return is_ours(fd) ? cut(fd, size) : REAL(ftruncate)(fd, size); }
int ftruncate64(int fd, off64_t size) { return ftruncate(fd, size); }

static int flushed(int fd, int (*flush)(int)) {
    if (!is_ours(fd)) return flush(fd);
    pthread_mutex_lock(&lock);
    int done = flush(fd);
    if (done == 0) note(is_folder[fd] ? 'D' : 'F', file_of[fd], 0, "", NULL, 0);
    pthread_mutex_unlock(&lock);
    return done;
}
int fsync(int fd) { return flushed(fd, REAL(fsync)); }
int fdatasync(int fd) { return flushed(fd, REAL(fdatasync)); }

int unlink(const char *path) {
    const char *name = ours(path);
    if (name == NULL) return REAL(unlink)(path);
    pthread_mutex_lock(&lock);
    int done = REAL(unlink)(path);
    int failed = errno;
    if (done == 0) note('U', 0, 0, name, NULL, 0);
    pthread_mutex_unlock(&lock);
    errno = failed;
    return done;
}

int rename(const char *from, const char *to) {
    const char *name = ours(from), *target = ours(to);
    if (name == NULL && target == NULL) return REAL(rename)(from, to);
    pthread_mutex_lock(&lock);
    int done = REAL(rename)(from, to);
    if (done == 0 && name != NULL && target != NULL) note('R', 0, 0, name, target, strlen(target));
    else if (done == 0) note('X', 0, 0, "", "rename", 6);
    pthread_mutex_unlock(&lock);
    return done;
}

/* What the replay does not model: said, never silently missed. */
static void foreign(int fd, const char *call) {
    if (!is_ours(fd)) return;
    pthread_mutex_lock(&lock);
    note('X', file_of[fd], 0, "", call, strlen(call));
    pthread_mutex_unlock(&lock);
}
ssize_t writev(int fd, const struct iovec *parts, int count) {
    foreign(fd, "writev");
    return REAL(writev)(fd, parts, count);
}
ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset) {
    foreign(fd, "pwritev");
    return REAL(pwritev)(fd, parts, count, offset);
}
int fallocate(int fd, int mode, off_t offset, off_t length) {
    foreign(fd, "fallocate");
    return REAL(fallocate)(fd, mode, offset, length);
}
int posix_fallocate(int fd, off_t offset, off_t length) {
    foreign(fd, "posix_fallocate");
    return REAL(posix_fallocate)(fd, offset, length);
}
void *mmap(void *at, size_t length, int protection, int flags, int fd, off_t offset) {
    if ((flags & MAP_SHARED) && (protection & PROT_WRITE)) foreign(fd, "mmap");
    return REAL(mmap)(at, length, protection, flags, fd, offset);
}
void *mmap64(void *at, size_t length, int protection, int flags, int fd, off64_t offset) {
    return mmap(at, length, protection, flags, fd, offset);
}
