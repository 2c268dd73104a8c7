package dev.naiad.dfdaemon.swarm;

import dev.naiad.dragonfly.api.common.Download;
import dev.naiad.dragonfly.api.dfdaemon.DfdaemonDownloadGrpc;
import dev.naiad.dragonfly.api.dfdaemon.DownloadTaskRequest;
import dev.naiad.net.grpc.EventLoops;
import dev.naiad.net.grpc.GrpcChannel;
import dev.naiad.net.wire.Endpoint;
import io.grpc.StatusRuntimeException;
import java.nio.file.Path;

/**
 * A program that another user runs: asks a daemon for one URL into many paths, each {@code
 * copy:PATH} or {@code link:PATH}, and prints how each went.
 */
final class ForeignCaller {
    private ForeignCaller() {}

    public static void main(String[] args) {
        try (var loops = new EventLoops("foreign", 1);
                var channel = GrpcChannel.open(Endpoint.unix(Path.of(args[0])), loops)) {
            for (int i = 2; i < args.length; i++) {
                var download =
                        Download.newBuilder()
                                .setUrl(args[1])
                                .setOverwrite(true)
                                .setForceHardLink(args[i].startsWith("link:"))
                                .setOutputPath(args[i].substring(5));
                System.out.println(args[i] + " " + ask(channel, download.build()));
            }
        }
    }

    private static String ask(GrpcChannel channel, Download download) {
        try {
            DfdaemonDownloadGrpc.newBlockingStub(channel.channel())
                    .downloadTask(DownloadTaskRequest.newBuilder().setDownload(download).build())
                    .forEachRemaining(message -> {});
            return "OK";
        } catch (StatusRuntimeException e) {
            return e.getStatus().getCode().name();
        }
    }
}
