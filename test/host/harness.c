/*
 * Runs single instructions on the host processor: the independent source of expected values for user-mode semantics, in
 * 64-bit mode and in compatibility mode with 32-bit code.
 *
 * Standard input is a sequence of groups: one instruction and the states that it begins in. Standard output has a result for
 * each state. All is packed and little-endian; memory-layout.ts has the addresses and sizes.
 *   Group:  u32 length; u32 count; u32 flags; u32 pad; u8 code[16]; then `count` times
 *   State:  u64 gpr[16]; u64 rflags; u8 memory[576]; with GROUP_FLOAT also u8 fx[512]
 *   Result: u32 vector, error; u64 cr2, rip; u64 gpr[16]; u64 rflags; u16 selector[8] (ES CS SS DS FS GS); u64 fs, gs base;
 *           u8 memory[576]; with GROUP_FLOAT also u8 fx[512]
 * `fx` is the FXSAVE64 image: x87, MXCSR and XMM registers.
 *
 * The page of code is full of HLT, which is #GP at CPL 3: wherever an instruction goes on, that ends the case, and the signal
 * frame says what the processor's state was. The handler writes the next case's state into the frame and returns.
 * No C library: FS belongs to the cases, and with it thread-local storage is gone.
 */
#define _GNU_SOURCE
#include <asm/prctl.h>
#include <asm/unistd.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <ucontext.h>

#define DATA 0x401000UL /* two pages; those beside them are not mapped */
#define READ_ONLY 0x404000UL
#define WINDOW (DATA + 0xf00) /* 512 bytes around the boundary of the two pages */
#define WINDOW_SIZE 512
#define EDGE (DATA + 0x2000 - 64) /* the last 64 bytes before the page that is not mapped */
#define EDGE_SIZE 64
#define CODE 0x410000UL
#define START (CODE + 0x800)
#define FS_BASE 0x400000UL
#define GS_BASE 0x1230UL

enum { GROUP_FLOAT = 1, GROUP_32 = 2, GROUP_SEGMENTS = 4 };

struct group {
    uint32_t length, count, flags, pad;
    uint8_t code[16];
};
struct state {
    uint64_t gpr[16]; /* RAX RCX RDX RBX RSP RBP RSI RDI R8.. */
    uint64_t rflags;
    uint8_t memory[WINDOW_SIZE + EDGE_SIZE];
};
struct result {
    uint32_t vector, error;
    uint64_t cr2, rip, gpr[16], rflags;
    uint16_t selector[8];
    uint64_t base[2];
    uint8_t memory[WINDOW_SIZE + EDGE_SIZE];
};

static long system_call(long number, long a, long b, long c, long d, long e, long f) {
    long result;
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

/* The call that makes descriptors has no number in the 64-bit interface. */
static int system_call_32(int number, uint32_t a) {
    int result;
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(number), "b"(a) : "r8", "r9", "r10", "r11", "memory");
    return result;
}

void *memcpy(void *to, const void *from, size_t size) {
    void *start = to;
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size) : : "memory");
    return start;
}
void *memset(void *to, int value, size_t size) {
    void *start = to;
    __asm__ volatile("rep stosb" : "+D"(to), "+c"(size) : "a"(value) : "memory");
    return start;
}

static void end(int status) {
    system_call(__NR_exit_group, status, 0, 0, 0, 0, 0);
    __builtin_unreachable();
}

#define BUFFER (1 << 20)
static uint8_t input[BUFFER], output[BUFFER];
static size_t input_at, input_end, output_end;

/* 0 at the end of the input */
static int take(void *to, size_t size) {
    uint8_t *at = to;
    while (size > 0) {
        if (input_at == input_end) {
            long got = system_call(__NR_read, 0, (long)input, BUFFER, 0, 0, 0);
            if (got <= 0) return 0;
            input_at = 0;
            input_end = got;
        }
        size_t part = input_end - input_at < size ? input_end - input_at : size;
        memcpy(at, input + input_at, part);
        input_at += part;
        at += part;
        size -= part;
    }
    return 1;
}

static void flush(void) {
    for (size_t at = 0; at < output_end;) {
        long put = system_call(__NR_write, 1, (long)output + at, output_end - at, 0, 0, 0);
        if (put <= 0) end(3);
        at += put;
    }
    output_end = 0;
}

static void give(const void *from, size_t size) {
    if (output_end + size > BUFFER) flush();
    memcpy(output + output_end, from, size);
    output_end += size;
}

/* Segment registers and bases that a group begins with; those of 32-bit code are of descriptors, as null ones cannot be used. */
static void set_segments(int bits32) {
    if (bits32) {
        __asm__ volatile("mov %0, %%ds; mov %0, %%es; mov %1, %%fs; mov %2, %%gs" : : "r"(0x2b), "r"(0x63), "r"(0x6b));
        return;
    }
    __asm__ volatile("mov %0, %%ds; mov %0, %%es; mov %0, %%fs; mov %0, %%gs" : : "r"(0));
    system_call(__NR_arch_prctl, ARCH_SET_FS, FS_BASE, 0, 0, 0, 0);
    system_call(__NR_arch_prctl, ARCH_SET_GS, GS_BASE, 0, 0, 0, 0);
}

static const int order[16] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
                              REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};
/* of the FXSAVE image the part before what the kernel keeps for itself */
#define FX_USED 416

static struct group group;
static uint32_t left;
static int running;
static int mode = -1;

static void save(greg_t *gregs, const uint8_t *fx) {
    static struct result result;
    static uint8_t image[512];
    result.vector = gregs[REG_TRAPNO];
    result.error = gregs[REG_ERR];
    result.cr2 = gregs[REG_CR2];
    result.rip = gregs[REG_RIP] - START;
    for (int i = 0; i < 16; i++) result.gpr[i] = gregs[order[i]];
    result.rflags = gregs[REG_EFL];
    uint64_t selectors = gregs[REG_CSGSFS];
    __asm__("mov %%es, %0" : "=r"(result.selector[0]));
    result.selector[1] = selectors;
    result.selector[2] = selectors >> 48;
    __asm__("mov %%ds, %0" : "=r"(result.selector[3]));
    __asm__("mov %%fs, %0" : "=r"(result.selector[4]));
    __asm__("mov %%gs, %0" : "=r"(result.selector[5]));
    if (group.flags & GROUP_SEGMENTS) {
        system_call(__NR_arch_prctl, ARCH_GET_FS, (long)&result.base[0], 0, 0, 0, 0);
        system_call(__NR_arch_prctl, ARCH_GET_GS, (long)&result.base[1], 0, 0, 0, 0);
    }
    memcpy(result.memory, (void *)WINDOW, WINDOW_SIZE);
    memcpy(result.memory + WINDOW_SIZE, (void *)EDGE, EDGE_SIZE);
    give(&result, sizeof result);
    if (group.flags & GROUP_FLOAT) {
        memcpy(image, fx, FX_USED);
        give(image, sizeof image);
    }
}

static void begin_group(void) {
    if (!take(&group, sizeof group)) {
        flush();
        end(0);
    }
    memset((void *)CODE, 0xf4, 4096);
    memcpy((void *)START, group.code, group.length);
    left = group.count;
    int bits32 = (group.flags & GROUP_32) != 0;
    if (bits32 != mode || (group.flags & GROUP_SEGMENTS)) {
        mode = bits32;
        set_segments(bits32);
    }
    if (group.flags & GROUP_SEGMENTS) mode = -1; /* the next group sets them again */
}

static void on_signal(int signal, siginfo_t *info, void *context) {
    (void)signal;
    (void)info;
    ucontext_t *uc = context;
    greg_t *gregs = uc->uc_mcontext.gregs;
    uint8_t *fx = (uint8_t *)uc->uc_mcontext.fpregs;
    if (running) save(gregs, fx);
    running = 1;
    if (left == 0) do begin_group(); while (left == 0);
    else if (group.flags & GROUP_SEGMENTS) set_segments((group.flags & GROUP_32) != 0);
    left--;

    static struct state state;
    static uint8_t image[512];
    if (!take(&state, sizeof state)) end(4);
    if (group.flags & GROUP_FLOAT) {
        if (!take(image, sizeof image)) end(4);
    } else {
        memset(image, 0, sizeof image);
        image[0] = 0x7f;
        image[1] = 3;
        image[24] = 0x80;
        image[25] = 0x1f;
    }
    memset((void *)DATA, 0, 8192);
    memcpy((void *)WINDOW, state.memory, WINDOW_SIZE);
    memcpy((void *)EDGE, state.memory + WINDOW_SIZE, EDGE_SIZE);
    for (int i = 0; i < 16; i++) gregs[order[i]] = state.gpr[i];
    gregs[REG_EFL] = state.rflags;
    gregs[REG_RIP] = START;
    gregs[REG_CR2] = 0;
    __asm__ volatile("pushq $2; popfq"); /* sigreturn leaves ID and NT as they are */
    gregs[REG_CSGSFS] = (group.flags & GROUP_32) ? 0x002b000000000023 : 0x002b000000000033;
    memcpy(fx, image, FX_USED);
    if (*(uint32_t *)(fx + 464) == 0x46505853) fx[512] |= 3; /* FP_XSTATE_MAGIC1: XSTATE_BV follows */
}

struct kernel_sigaction {
    void (*handler)(int, siginfo_t *, void *);
    unsigned long flags;
    void (*restorer)(void);
    uint64_t mask;
};
void restore(void);
__asm__(".text\nrestore: mov $15, %eax\n syscall\n"); /* rt_sigreturn */

struct user_desc {
    uint32_t entry, base, limit, bits;
};

static void map(unsigned long address, long size, int protection) {
    long how = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
    if (system_call(__NR_mmap, address, size, protection, how, -1, 0) != (long)address) end(1);
}

void start(void) {
    map(DATA, 8192, PROT_READ | PROT_WRITE);
    map(READ_ONLY, 4096, PROT_READ);
    (void)*(volatile char *)READ_ONLY; /* present from the start */
    map(CODE, 4096, PROT_READ | PROT_WRITE | PROT_EXEC);
    /* bits: 0 32-bit, 2:1 contents, 3 read-only, 4 limit in pages, 5 not present, 6 useable */
    static struct user_desc descriptors[3] = {
        {12, FS_BASE, 0x7fff, 0x41}, {13, GS_BASE, 0xfffff, 0x51}, {14, FS_BASE, 0x1fff, 0x43}};
    for (int i = 0; i < 3; i++)
        if (system_call_32(243, (uint32_t)(unsigned long)&descriptors[i]) != 0) end(2); /* set_thread_area */
    static uint8_t signal_stack[1 << 18];
    stack_t alternate = {.ss_sp = signal_stack, .ss_size = sizeof signal_stack};
    system_call(__NR_sigaltstack, (long)&alternate, 0, 0, 0, 0, 0);
    struct kernel_sigaction action = {on_signal, SA_SIGINFO | SA_ONSTACK | SA_NODEFER | 0x04000000, restore, 0};
    int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP};
    for (unsigned i = 0; i < sizeof signals / sizeof *signals; i++)
        system_call(__NR_rt_sigaction, signals[i], (long)&action, 0, 8, 0, 0);
    __asm__ volatile("ud2");
}
__asm__(".globl _start\n_start: and $-16, %rsp\n call start\n");
