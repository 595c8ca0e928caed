// A ClickHouse server out of chDB's library: `server libchdb.so ARGUMENTS`, with the arguments of clickhouse-local.
// It ends when the other end of file descriptor 3 is closed, so also when the process that started it is killed.
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

static void *wait_for_end(void *unused) {
  char byte;
  while (read(3, &byte, 1) > 0) {
  }
  _exit(0);
  return unused;
}

int main(int argc, char **argv) {
  if (argc < 2) return 2;
  void *library = dlopen(argv[1], RTLD_NOW);
  void *symbol = library == NULL ? NULL : dlsym(library, "query_stable_v2");
  if (symbol == NULL) {
    fprintf(stderr, "%s\n", dlerror());
    return 2;
  }
  pthread_t watcher;
  if (pthread_create(&watcher, NULL, wait_for_end, NULL) != 0) return 2;
  argv[1] = argv[0];
  ((void *(*)(int, char **))symbol)(argc - 1, argv + 1);
  return 1;
}
