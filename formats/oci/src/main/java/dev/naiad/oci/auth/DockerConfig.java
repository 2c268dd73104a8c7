package dev.naiad.oci.auth;

import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.config.JsonReader;
import dev.naiad.base.config.Problems;
import dev.naiad.base.config.Secret;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Docker's {@code config.json}: {@code credHelpers} of the host, else {@code credsStore}, else
 * {@code auths}, as docker itself looks. The file is read at each look-up, so that {@code docker
 * login} takes effect; a missing file has no credentials.
 */
public final class DockerConfig implements Credentials {
    /** What docker.io is called in this file. */
    private static final String HUB_KEY = "https://index.docker.io/v1/";

    private final Path file;
    private final CredentialHelper helper;

    public DockerConfig(Path file, CredentialHelper helper) {
        this.file = file;
        this.helper = helper;
    }

    /**
     * {@code $DOCKER_CONFIG/config.json}, else {@code $HOME/.docker/config.json}; helpers are found
     * on {@code $PATH}.
     */
    public static DockerConfig fromEnvironment(Map<String, String> env) {
        return new DockerConfig(defaultFile(env), new ProcessCredentialHelper(env));
    }

    /** Where the file is. */
    public static Path defaultFile(Map<String, String> env) {
        String directory = env.getOrDefault("DOCKER_CONFIG", "");
        return directory.isEmpty()
                ? Path.of(env.getOrDefault("HOME", "/root"), ".docker", "config.json")
                : Path.of(directory, "config.json");
    }

    @Override
    public Optional<Credential> of(String host) {
        if (!Files.isRegularFile(file)) {
            return Optional.empty();
        }
        ConfigNode root = JsonReader.read(file);
        var problems = new Problems();
        List<String> names = names(host);
        String store = root.get("credsStore").string(problems, "");
        Map<String, String> helpers = root.get("credHelpers").stringMap(problems);
        Optional<Credential> found = Optional.empty();
        for (String name : names) {
            String program = helpers.getOrDefault(name, "");
            if (!program.isEmpty()) {
                found = helper.get(program, name);
                problems.throwIfAny();
                return found;
            }
        }
        if (!store.isEmpty()) {
            found = helper.get(store, isHub(host) ? HUB_KEY : host);
        }
        if (found.isEmpty()) {
            found = fromAuths(root.get("auths"), names, problems);
        }
        problems.throwIfAny();
        return found;
    }

    private static Optional<Credential> fromAuths(
            ConfigNode auths, List<String> names, Problems problems) {
        for (String name : names) {
            if (auths.has(name)) {
                return entry(auths.get(name), problems);
            }
        }
        for (var each : auths.entries().entrySet()) {
            if (names.contains(hostOf(each.getKey()))) {
                return entry(each.getValue(), problems);
            }
        }
        return Optional.empty();
    }

    private static Optional<Credential> entry(ConfigNode node, Problems problems) {
        Secret registryToken = node.get("registrytoken").secret(problems);
        if (!registryToken.isEmpty()) {
            return Optional.of(new Credential.RegistryToken(registryToken));
        }
        Secret identityToken = node.get("identitytoken").secret(problems);
        if (!identityToken.isEmpty()) {
            return Optional.of(new Credential.IdentityToken(identityToken));
        }
        Secret auth = node.get("auth").secret(problems);
        if (!auth.isEmpty()) {
            try {
                return Optional.of(Credential.ofEncoded(auth));
            } catch (dev.naiad.base.error.NaiadException e) {
                problems.add(node.get("auth"), "is not the base64 of user:password");
                return Optional.empty();
            }
        }
        String user = node.get("username").string(problems, "");
        return user.isEmpty()
                ? Optional.empty()
                : Optional.of(new Credential.Basic(user, node.get("password").secret(problems)));
    }

    private static boolean isHub(String host) {
        return host.equals("docker.io")
                || host.equals("index.docker.io")
                || host.equals("registry-1.docker.io");
    }

    /** The keys under which a host may be listed, best first. */
    private static List<String> names(String host) {
        if (isHub(host)) {
            return List.of(HUB_KEY, "index.docker.io", "docker.io", "registry-1.docker.io");
        }
        return List.of(host);
    }

    /** Old files have URLs as keys. */
    private static String hostOf(String key) {
        String text = key;
        int scheme = text.indexOf("://");
        if (scheme >= 0) {
            text = text.substring(scheme + 3);
        }
        int slash = text.indexOf('/');
        return (slash < 0 ? text : text.substring(0, slash)).toLowerCase(Locale.ROOT);
    }
}
