# What no tool of a small guest can do: move the clock by nanoseconds, however late it is told to, and make the kernel's
# random generator begin anew (RNDRESEEDCRNG, random(4)). Standard input: by how much, as seconds and nanoseconds (16 bytes),
# then 256 random bytes.
# Exit status: 0, or 1 when the kernel refused one of them.
        .intel_syntax noprefix
        .globl _start
_start: xor     ebp, ebp                # bytes read
        sub     rsp, 512
        lea     rdi, [rsp + 272]        # struct timex, 208 bytes
        mov     ecx, 26
        xor     eax, eax
        rep     stosq
1:      xor     eax, eax                # read(0, rsp + ebp, 272 - ebp)
        xor     edi, edi
        lea     rsi, [rsp + rbp]
        mov     edx, 272
        sub     edx, ebp
        syscall
        test    eax, eax
        jle     9f
        add     ebp, eax
        cmp     ebp, 272
        jb      1b
        mov     dword ptr [rsp + 272], 0x2100   # modes = ADJ_SETOFFSET | ADJ_NANO
        mov     rax, [rsp]              # time, at 72
        mov     [rsp + 344], rax
        mov     rax, [rsp + 8]
        mov     [rsp + 352], rax
        mov     eax, 159                # adjtimex(rsp + 272): the clock's state, not below 0
        lea     rdi, [rsp + 272]
        syscall
        test    eax, eax
        js      9f
        mov     eax, 2                  # open("/dev/urandom", O_WRONLY)
        lea     rdi, [rip + path]
        mov     esi, 1
        syscall
        test    eax, eax
        js      9f
        mov     ebx, eax
        mov     eax, 1                  # write(fd, rsp + 16, 256)
        mov     edi, ebx
        lea     rsi, [rsp + 16]
        mov     edx, 256
        syscall
        cmp     eax, 256
        jne     9f
        mov     eax, 16                 # ioctl(fd, RNDRESEEDCRNG)
        mov     edi, ebx
        mov     esi, 0x5207
        xor     edx, edx
        syscall
        test    eax, eax
        js      9f
        xor     edi, edi
        jmp     8f
9:      mov     edi, 1
8:      mov     eax, 60                 # exit
        syscall
path:   .asciz  "/dev/urandom"
