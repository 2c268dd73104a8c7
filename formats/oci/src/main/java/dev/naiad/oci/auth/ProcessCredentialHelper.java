package dev.naiad.oci.auth;

import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.config.JsonReader;
import dev.naiad.base.config.Problems;
import dev.naiad.base.config.Secret;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Runs {@code docker-credential-NAME get}: the server goes to standard input, a JSON object with
 * Username and Secret comes back. A user {@code <token>} marks an identity token.
 */
public final class ProcessCredentialHelper implements CredentialHelper {
    private static final int LIMIT = 1 << 20;
    private static final long TIMEOUT_SECONDS = 30;

    private final Map<String, String> env;

    public ProcessCredentialHelper(Map<String, String> env) {
        this.env = Map.copyOf(env);
    }

    @Override
    public Optional<Credential> get(String name, String server) {
        String program = "docker-credential-" + name;
        if (!name.matches("[A-Za-z0-9._-]+")) {
            throw failed(program, "is not a program name");
        }
        byte[] answer;
        int status;
        try {
            var builder = new ProcessBuilder(find(program).toString(), "get");
            builder.environment().clear();
            builder.environment().putAll(env);
            builder.redirectErrorStream(false).redirectError(ProcessBuilder.Redirect.DISCARD);
            Process process = builder.start();
            try (var in = process.getOutputStream()) {
                in.write(server.getBytes(StandardCharsets.UTF_8));
            } catch (IOException e) {
                // It may answer without reading; its status tells.
            }
            answer = process.getInputStream().readNBytes(LIMIT);
            if (!process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw failed(program, "did not end in " + TIMEOUT_SECONDS + " s");
            }
            status = process.exitValue();
        } catch (IOException e) {
            throw new NaiadException(
                    ErrorKind.FAILED_PRECONDITION,
                    program + " cannot be run: " + e.getMessage(),
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new NaiadException(ErrorKind.CANCELLED, program + ": interrupted", e);
        }
        String text = new String(answer, StandardCharsets.UTF_8).strip();
        if (status != 0) {
            if (text.contains("credentials not found")) {
                return Optional.empty();
            }
            throw failed(program, "failed with status " + status);
        }
        return parse(program, text);
    }

    private static Optional<Credential> parse(String program, String text) {
        var problems = new Problems();
        ConfigNode node = JsonReader.parse(program, text);
        String user = node.get("Username").string(problems, "");
        Secret secret = node.get("Secret").secret(problems);
        problems.throwIfAny();
        if (secret.isEmpty() && user.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(
                user.equals("<token>")
                        ? new Credential.IdentityToken(secret)
                        : new Credential.Basic(user, secret));
    }

    private Path find(String program) {
        for (String directory :
                env.getOrDefault("PATH", "/usr/bin:/bin").split(File.pathSeparator, -1)) {
            Path candidate = Path.of(directory.isEmpty() ? "." : directory, program);
            if (Files.isExecutable(candidate) && Files.isRegularFile(candidate)) {
                return candidate;
            }
        }
        throw failed(program, "is not on PATH");
    }

    private static NaiadException failed(String program, String why) {
        return new NaiadException(
                ErrorKind.FAILED_PRECONDITION, "credential helper " + program + " " + why);
    }
}
