package dev.naiad.snapshotter.credential;

import dev.naiad.base.config.Secret;
import dev.naiad.base.error.NaiadException;
import dev.naiad.containerdapi.cri.AuthConfig;
import dev.naiad.containerdapi.cri.ImageFsInfoRequest;
import dev.naiad.containerdapi.cri.ImageFsInfoResponse;
import dev.naiad.containerdapi.cri.ImageServiceGrpc;
import dev.naiad.containerdapi.cri.ImageStatusRequest;
import dev.naiad.containerdapi.cri.ImageStatusResponse;
import dev.naiad.containerdapi.cri.ListImagesRequest;
import dev.naiad.containerdapi.cri.ListImagesResponse;
import dev.naiad.containerdapi.cri.PullImageRequest;
import dev.naiad.containerdapi.cri.PullImageResponse;
import dev.naiad.containerdapi.cri.RemoveImageRequest;
import dev.naiad.containerdapi.cri.RemoveImageResponse;
import dev.naiad.oci.auth.Credential;
import dev.naiad.oci.ref.ImageReference;
import io.grpc.Channel;
import io.grpc.stub.StreamObserver;
import java.util.Locale;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The CRI's image service in front of the real one: every call is passed on, and the credential of
 * a pull is remembered for the lazy reads that follow. The kubelet is pointed here with its image
 * service end point.
 */
public final class CriImageProxy extends ImageServiceGrpc.ImageServiceImplBase {
    private static final Logger LOG = LoggerFactory.getLogger(CriImageProxy.class);

    private final ImageServiceGrpc.ImageServiceStub real;
    private final PulledCredentials pulled;

    public CriImageProxy(Channel imageService, PulledCredentials pulled) {
        this.real = ImageServiceGrpc.newStub(imageService);
        this.pulled = pulled;
    }

    @Override
    public void listImages(ListImagesRequest request, StreamObserver<ListImagesResponse> answer) {
        real.listImages(request, answer);
    }

    @Override
    public void imageStatus(
            ImageStatusRequest request, StreamObserver<ImageStatusResponse> answer) {
        real.imageStatus(request, answer);
    }

    @Override
    public void imageFsInfo(
            ImageFsInfoRequest request, StreamObserver<ImageFsInfoResponse> answer) {
        real.imageFsInfo(request, answer);
    }

    @Override
    public void pullImage(PullImageRequest request, StreamObserver<PullImageResponse> answer) {
        String image = request.getImage().getImage();
        if (request.hasAuth()) {
            try {
                credential(request.getAuth(), host(image))
                        .ifPresent(found -> pulled.remember(image, found));
            } catch (NaiadException e) {
                LOG.warn(
                        "credential of pull request for {} is not understood: {}",
                        image,
                        e.getMessage());
            }
        }
        real.pullImage(request, answer);
    }

    @Override
    public void removeImage(
            RemoveImageRequest request, StreamObserver<RemoveImageResponse> answer) {
        pulled.forget(request.getImage().getImage());
        real.removeImage(request, answer);
    }

    private static String host(String image) {
        try {
            return ImageReference.parse(image).registryHost();
        } catch (NaiadException e) {
            return "";
        }
    }

    /**
     * User and password, else an identity or registry token, else their base64; only for the
     * image's registry.
     */
    static Optional<Credential> credential(AuthConfig auth, String host) {
        if (!auth.getServerAddress().isEmpty() && !hostOf(auth.getServerAddress()).equals(host)) {
            return Optional.empty();
        }
        if (!auth.getUsername().isEmpty()) {
            return Optional.of(
                    new Credential.Basic(auth.getUsername(), Secret.of(auth.getPassword())));
        }
        if (!auth.getIdentityToken().isEmpty()) {
            return Optional.of(new Credential.RegistryToken(Secret.of(auth.getIdentityToken())));
        }
        if (!auth.getRegistryToken().isEmpty()) {
            return Optional.of(new Credential.RegistryToken(Secret.of(auth.getRegistryToken())));
        }
        return auth.getAuth().isEmpty()
                ? Optional.empty()
                : Optional.of(Credential.ofEncoded(Secret.of(auth.getAuth())));
    }

    private static String hostOf(String address) {
        int scheme = address.indexOf("://");
        String rest = scheme < 0 ? address : address.substring(scheme + 3);
        int slash = rest.indexOf('/');
        String host = (slash < 0 ? rest : rest.substring(0, slash)).toLowerCase(Locale.ROOT);
        return host.equals("docker.io") || host.equals("index.docker.io")
                ? "registry-1.docker.io"
                : host;
    }
}
