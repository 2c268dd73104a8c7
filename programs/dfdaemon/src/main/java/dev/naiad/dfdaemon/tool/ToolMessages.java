package dev.naiad.dfdaemon.tool;

import dev.naiad.base.cli.ProgramContext;
import dev.naiad.dfdaemon.grpc.ErrorDetails;

/**
 * Messages of the tools as scripts around the originals read them: on standard output, a headline
 * between lines of asterisks. Colours only where a terminal can be assumed.
 */
public final class ToolMessages {
    private static final String LINE = "*".repeat(40);

    private final ProgramContext context;
    private final boolean colours;

    public ToolMessages(ProgramContext context) {
        this.context = context;
        this.colours =
                context.variable("NO_COLOR").isEmpty()
                        && context.variable("TERM").filter(t -> !t.equals("dumb")).isPresent()
                        && Terminal.isThere();
    }

    public void failure(String headline, String message) {
        begin(headline);
        line("Message", message);
        end();
    }

    /** With what the origin said, if it is its failure. */
    public void failure(String headline, Exception failure) {
        var origin =
                ErrorDetails.originAnswer(
                        failure.getCause() == null ? failure : failure.getCause());
        if (origin.isEmpty()) {
            failure(headline, String.valueOf(failure.getMessage()));
            return;
        }
        begin(headline);
        origin.get()
                .statusCode()
                .ifPresent(code -> line("Bad Status Code", Integer.toString(code)));
        line("Message", origin.get().message());
        if (!origin.get().headers().isEmpty()) {
            context.out().println(paint("36", "Header:"));
            origin.get()
                    .headers()
                    .forEach((name, value) -> context.out().println("  [" + name + "]: " + value));
        }
        end();
    }

    private void begin(String headline) {
        context.out().println(paint("31;1;3", headline));
        context.out().println(LINE);
    }

    private void line(String key, String value) {
        context.out().println(paint("36", key + ":") + " " + value);
    }

    private void end() {
        context.out().println(LINE);
        context.out().flush();
    }

    private String paint(String code, String text) {
        return colours ? "\u001b[" + code + "m" + text + "\u001b[0m" : text;
    }
}
