package dev.naiad.builder;

import dev.naiad.testkit.TestTar;
import java.util.Random;

/** A small image with something of everything. */
final class SampleBuild {
    private static final BuiltImage IMAGE = build();

    private SampleBuild() {}

    static byte[] tar() {
        var random = new Random(7);
        byte[] noise = new byte[20_000];
        random.nextBytes(noise);
        var tar = new TestTar();
        tar.dir("etc", 0755).file("etc/hosts", "127.0.0.1 localhost\n").file("etc/empty", "");
        tar.pax(
                'x',
                "SCHILY.xattr.user.note=hello",
                "SCHILY.xattr.security.capability=\1\0\0\2\0\4\0\0");
        tar.file("etc/ping", noise);
        tar.file("etc/text", "some text, repeated. ".repeat(2000));
        tar.hardlink("etc/ping2", "etc/ping")
                .symlink("etc/link", "../usr/bin")
                .symlink("etc/long", "x/".repeat(1500));
        tar.device('3', "dev/null", 1, 3)
                .device('4', "dev/sda", 8, 0)
                .device('6', "dev/pipe", 0, 0);
        tar.dir("many", 0700);
        for (int i = 0; i < 400; i++) {
            tar.file("many/file-with-a-longer-name-" + i, "content " + i % 50);
        }
        tar.dir("deep/er/and/deeper", 0711).file("deep/er/and/deeper/file", noise);
        return tar.end();
    }

    private static BuiltImage build() {
        return BuiltImage.ofTar(
                tar(), BuildOptions.defaults().withToc(true).withChunkSize(4096).withThreads(2));
    }

    static BuiltImage image() {
        return IMAGE;
    }

    static byte[] bootstrap() {
        return IMAGE.bootstrap().clone();
    }

    static byte[] blob() {
        return IMAGE.blob().clone();
    }
}
