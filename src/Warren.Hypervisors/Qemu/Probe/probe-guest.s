# The tiny guest that decides whether KVM is to be trusted: a boot sector that does what every Linux does and what a
# half-working KVM (nested without hardware help, instructions emulated) cannot: long mode with paging, SSE arithmetic,
# cpuid, rdtsc, a locked 16-byte exchange, and half a billion instructions in a row, which native speed does in a blink.
# Only then it prints its line on the first serial port.
#
# ProbeGuest.cs holds the assembled 512 bytes:  as probe-guest.s -o p.o && ld -Ttext 0x7c00 -e start --oformat binary p.o -o p.bin && base64 -w0 p.bin
.code16
.global start
start: cli
 cld
 xor %ax,%ax; mov %ax,%ds; mov %ax,%es; mov %ax,%ss; mov $0x7c00,%sp
 mov $0x1000,%di; mov $0x1800,%cx; rep stosw
 movw $0x2003,0x1000
 movw $0x3003,0x2000
 movw $0x0083,0x3000
 lgdt gdtr
 mov %cr4,%eax; or $0x620,%eax; mov %eax,%cr4
 mov $0x1000,%eax; mov %eax,%cr3
 mov $0xc0000080,%ecx; rdmsr; or $0x100,%ax; wrmsr
 mov %cr0,%eax; or $0x80000003,%eax; and $~4,%al; mov %eax,%cr0
 ljmp $8,$long
.code64
long: mov $16,%ax; mov %ax,%ds; mov %ax,%es; mov %ax,%ss
 mov $1,%eax; cpuid
 rdtsc
 movdqu 0x1000,%xmm0
 movdqa %xmm0,0x5000
 pxor %xmm1,%xmm1
 paddq %xmm0,%xmm1
 movdqa %xmm1,0x5010
 mov 0x5010,%rax
 cmp 0x1000,%rax
 jne stop
 lock cmpxchg16b 0x5000
 mov $0x20000000,%ecx
1: dec %ecx; jnz 1b
 mov $line,%esi
 mov $0x3f8,%dx
2: lodsb
 test %al,%al
 jz stop
 out %al,%dx
 jmp 2b
stop: hlt
 jmp stop
line: .asciz "warren-probe-long-mode\n"
.balign 8
gdt: .quad 0, 0x00209a0000000000, 0x0000920000000000
gdtr: .word 23; .long gdt
.org 510
.word 0xaa55
