package dev.naiad.dfdaemon.host;

/** A program that prints the address it would announce. */
final class PrintAddress {
    private PrintAddress() {}

    public static void main(String[] args) {
        System.out.println("address " + Addresses.ip());
    }
}
