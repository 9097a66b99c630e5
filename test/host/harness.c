/*
 * Runs single instructions on the host processor: the independent source of expected values for user-mode semantics.
 *
 * Reads cases from standard input, writes results to standard output, both as packed little-endian structs.
 * Case:   u32 length; u8 code[16]; u32 pad; u64 gpr[16]; u64 flags, pad; u8 fx[512]; u8 memory[256]
 * Result: u32 signal, pad; u64 gpr[16]; u64 flags, pad; u8 fx[512]; u8 memory[256]
 * `fx` is the FXSAVE64 image: x87, MXCSR and XMM registers.
 * Memory is 256 bytes in the middle of the page at 0x400000 (at 0x400700, the rest is zero); the code runs at 0x410000; both are mapped at those addresses. With a signal, the
 * registers are those at the fault.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#define MEMORY 0x400000UL
#define CODE 0x410000UL
#define STUB 0x420000UL

struct machine {
    uint64_t gpr[16]; /* RAX RCX RDX RBX RSP RBP RSI RDI R8.. */
    uint64_t flags, pad;
    uint8_t fx[512];
};
struct test_case {
    uint32_t length;
    uint8_t code[16];
    uint32_t pad;
    struct machine machine;
    uint8_t memory[256];
};
struct result {
    uint32_t signal, pad;
    struct machine machine;
    uint8_t memory[256];
};

/* The stub page: state in, state out, the host's stack pointer, the return address. */
struct stub {
    struct machine in, out;
    uint64_t host_rsp, leave, scratch;
};
static struct stub *const stub = (struct stub *)STUB;
static uint32_t caught;

void run_case(void);
void leave_case(void);
__asm__(
    ".text\n"
    "run_case:\n"
    "  push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"
    "  mov $0x420000, %rax\n"
    "  mov %rsp, 1312(%rax)\n"
    "  fxrstor64 144(%rax)\n"
    "  pushq 128(%rax); popfq\n"
    "  mov 8(%rax), %rcx; mov 16(%rax), %rdx; mov 24(%rax), %rbx; mov 32(%rax), %rsp; mov 40(%rax), %rbp\n"
    "  mov 48(%rax), %rsi; mov 56(%rax), %rdi; mov 64(%rax), %r8; mov 72(%rax), %r9; mov 80(%rax), %r10\n"
    "  mov 88(%rax), %r11; mov 96(%rax), %r12; mov 104(%rax), %r13; mov 112(%rax), %r14; mov 120(%rax), %r15\n"
    "  mov 0(%rax), %rax\n"
    "  jmp *code_address(%rip)\n"
    "leave_case:\n" /* every register is the guest's; flags too */
    "  mov %rax, 0x420000 + 656\n"
    "  mov %rcx, 0x420000 + 664\n"
    "  mov %rdx, 0x420000 + 672\n"
    "  mov %rbx, 0x420000 + 680\n"
    "  mov %rsp, 0x420000 + 688\n"
    "  mov %rbp, 0x420000 + 696\n"
    "  mov %rsi, 0x420000 + 704\n"
    "  mov %rdi, 0x420000 + 712\n"
    "  mov %r8, 0x420000 + 720\n"
    "  mov %r9, 0x420000 + 728\n"
    "  mov %r10, 0x420000 + 736\n"
    "  mov %r11, 0x420000 + 744\n"
    "  mov %r12, 0x420000 + 752\n"
    "  mov %r13, 0x420000 + 760\n"
    "  mov %r14, 0x420000 + 768\n"
    "  mov %r15, 0x420000 + 776\n"
    "  mov 0x420000 + 1312, %rsp\n"
    "  pushfq\n"
    "  popq 0x420000 + 784\n"
    "  fxsave64 0x420000 + 800\n"
    "  fninit\n"
    "  cld\n"
    "  pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx\n"
    "  ldmxcsr plain_mxcsr(%rip)\n"
    "  ret\n"
    ".data\n"
    "code_address: .quad 0x410000\n"
    "plain_mxcsr: .long 0x1f80\n"
    ".text\n");

static void on_signal(int signal, siginfo_t *info, void *context) {
    (void)info;
    static const int order[16] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
                                  REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};
    ucontext_t *uc = context;
    caught = signal;
    for (int i = 0; i < 16; i++) stub->out.gpr[i] = uc->uc_mcontext.gregs[order[i]];
    /* leave through the stub; flags travel in EFLAGS and are stored by it */
    uc->uc_mcontext.gregs[REG_EFL] &= ~0x100;
    uc->uc_mcontext.gregs[REG_RIP] = (greg_t)leave_case;
}

static int read_all(void *to, size_t size) {
    return fread(to, 1, size, stdin) == size;
}

int main(void) {
    int all = PROT_READ | PROT_WRITE | PROT_EXEC, how = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE;
    if (mmap((void *)MEMORY, 4096, PROT_READ | PROT_WRITE, how, -1, 0) == MAP_FAILED ||
        mmap((void *)CODE, 4096, all, how, -1, 0) == MAP_FAILED ||
        mmap((void *)STUB, 4096, PROT_READ | PROT_WRITE, how, -1, 0) == MAP_FAILED) {
        perror("mmap");
        return 1;
    }
    static uint8_t signal_stack[65536];
    stack_t alternate = {.ss_sp = signal_stack, .ss_size = sizeof signal_stack};
    sigaltstack(&alternate, NULL);
    struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
    int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP};
    for (unsigned i = 0; i < sizeof signals / sizeof *signals; i++) sigaction(signals[i], &action, NULL);

    static struct test_case test;
    static struct result result;
    while (read_all(&test, sizeof test)) {
        uint8_t *code = (uint8_t *)CODE;
        memcpy(code, test.code, test.length);
        /* jmp [rip+0]; .quad leave_case: touches no register and no flag */
        static const uint8_t jump[] = {0xff, 0x25, 0, 0, 0, 0};
        memcpy(code + test.length, jump, 6);
        uint64_t target = (uint64_t)leave_case;
        memcpy(code + test.length + 6, &target, 8);
        memset((void *)MEMORY, 0, 4096);
        memcpy((void *)(MEMORY + 0x700), test.memory, sizeof test.memory);
        stub->in = test.machine;
        caught = 0;
        run_case();
        result.signal = caught;
        result.machine = stub->out;
        memcpy(result.memory, (void *)(MEMORY + 0x700), sizeof result.memory);
        fwrite(&result, sizeof result, 1, stdout);
    }
    return 0;
}
