/**
 * Linux system calls for the things Java lacks: descriptors, mounts, extended attributes, names
 * that are no text, processes and their descriptors. The only module besides codec that uses the
 * foreign linker. Numbers are those of x86-64 and arm64; the kernel ABI is used directly, so that
 * one method handle serves most calls and a program's start links what it uses.
 */
@NullMarked
package dev.naiad.linux;

import org.jspecify.annotations.NullMarked;
