/*
 * How long an instruction is on the host processor, and whether it is one: for bytes in 16, 32 and 64-bit mode.
 *
 *     probe 16|32|64 CASES RESULTS
 *
 * CASES holds 16 bytes a case, RESULTS gets two bytes a case: length and outcome. The first byte alone is put at the end of a page
 * behind which nothing can be fetched; while the processor faults on fetching there, one byte more is put. Registers are zero, so
 * that accesses to memory fault; the trap flag ends what runs. Outcome: the vector of the exception, 1 for what ran; 255: not tried
 * (system calls), or after 15 bytes the processor wanted more.
 *
 * 16 and 32-bit code runs in compatibility mode, through a code segment of the LDT and Linux's own.
 */
#define _GNU_SOURCE
#include <asm/ldt.h>
#include <asm/prctl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#define PAGE 4096UL
#define CODE 0x10000000UL
#define END (CODE + PAGE)
#define LONGEST 15
#define NOT_TRIED 255
#define PAGE_FAULT 14
#define FETCH 0x10 /* error code of a page fault: instruction fetch */
#define USER_CS_32 0x23
#define USER_CS_64 0x33
#define USER_SS 0x2b
#define LDT_CS 0x07

static int bits;
static const uint8_t *cases;
static uint8_t *results;
static long count, current;
static int length, begun;
static gregset_t after;
static unsigned long fs_base;

/* Without errno, which is in the thread's block at FS. */
static long call(long number, long first, long second) {
    long result;
    __asm__ volatile("syscall" : "=a"(result) : "0"(number), "D"(first), "S"(second) : "rcx", "r11", "memory");
    return result;
}

static int is_system_call(const uint8_t *code) {
    for (int i = 0; i < LONGEST; i++) {
        if (code[i] == 0x0f && (code[i + 1] == 0x05 || code[i + 1] == 0x34)) return 1;
        if (code[i] == 0xcd) return 1;
    }
    return 0;
}

/* Goes on to the next case that can be tried; 0 if there is none. */
static int next_case(void) {
    length = 1;
    while (current < count && is_system_call(cases + 16 * current)) results[2 * current++ + 1] = NOT_TRIED;
    return current < count;
}

static unsigned long start(void) { return (bits == 16 ? PAGE : END) - (unsigned long)length; }

static void prepare(ucontext_t *context) {
    greg_t *g = context->uc_mcontext.gregs;
    fpregset_t fp = context->uc_mcontext.fpregs;
    for (int r = REG_R8; r <= REG_RSP; r++) g[r] = 0;
    memcpy((void *)(END - (unsigned long)length), cases + 16 * current, (size_t)length);
    g[REG_RIP] = (greg_t)start();
    g[REG_EFL] = 0x302; /* TF and IF */
    g[REG_CSGSFS] = (bits == 64 ? USER_CS_64 : bits == 32 ? USER_CS_32 : LDT_CS) | (greg_t)USER_SS << 48;
    if (fp) {
        fp->cwd = 0x37f;
        fp->swd = 0;
        fp->ftw = 0;
        fp->mxcsr = 0x1f80;
    }
    /* What writes through FS must not reach the thread's block. */
    call(SYS_arch_prctl, ARCH_SET_FS, 0);
}

static void on_signal(int number, siginfo_t *info, void *user) {
    (void)info;
    ucontext_t *context = user;
    greg_t *g = context->uc_mcontext.gregs;
    call(SYS_arch_prctl, ARCH_SET_FS, (long)fs_base);
    if (!begun) {
        begun = 1;
        memcpy(after, g, sizeof after);
        if (next_case()) prepare(context);
        return;
    }
    unsigned long address = (unsigned long)g[REG_CR2];
    int wants_more = number == SIGSEGV && g[REG_TRAPNO] == PAGE_FAULT && (g[REG_ERR] & FETCH) && address >= END &&
                     address < END + 16 && (unsigned long)g[REG_RIP] == start();
    if (wants_more && length < LONGEST) {
        length++;
        prepare(context);
        return;
    }
    results[2 * current] = (uint8_t)length;
    results[2 * current + 1] = wants_more ? NOT_TRIED : (uint8_t)g[REG_TRAPNO];
    current++;
    if (next_case()) prepare(context);
    else memcpy(g, after, sizeof after);
}

int main(int argc, char **argv) {
    FILE *file = argc == 4 ? fopen(argv[2], "rb") : NULL;
    if (!file) return 2;
    bits = atoi(argv[1]);
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    rewind(file);
    uint8_t *bytes = malloc((size_t)size + 16);
    if (fread(bytes, 1, (size_t)size, file) != (size_t)size) return 2;
    fclose(file);
    cases = bytes;
    count = size / 16;
    results = calloc((size_t)count, 2);

    int how = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE;
    if (mmap((void *)CODE, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, how, -1, 0) == MAP_FAILED ||
        mmap((void *)END, PAGE, PROT_NONE, how, -1, 0) == MAP_FAILED)
        return 3;
    struct user_desc segment = {.base_addr = CODE, .limit = 2 * PAGE - 1, .contents = 2, .useable = 1};
    if (bits == 16 && syscall(SYS_modify_ldt, 1, &segment, sizeof segment) != 0) return 3;
    call(SYS_arch_prctl, ARCH_GET_FS, (long)&fs_base);

    static uint8_t signal_stack[65536];
    stack_t alternate = {.ss_sp = signal_stack, .ss_size = sizeof signal_stack};
    sigaltstack(&alternate, NULL);
    struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
    int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGUSR1};
    for (unsigned i = 0; i < sizeof signals / sizeof *signals; i++) sigaction(signals[i], &action, NULL);
    raise(SIGUSR1);

    file = fopen(argv[3], "wb");
    if (!file || fwrite(results, 2, (size_t)count, file) != (size_t)count) return 2;
    fclose(file);
    return 0;
}
