package dev.naiad.dfdaemon.config;

/** Where a server listens; port 0 takes any. */
public record Listen(String ip, int port) {}
