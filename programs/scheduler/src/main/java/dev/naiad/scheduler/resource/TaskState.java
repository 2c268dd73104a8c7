package dev.naiad.scheduler.resource;

/**
 * Whether somebody is fetching a task. The text is what travels in {@code common.v2.Task.state}.
 */
public enum TaskState {
    PENDING("Pending"),
    RUNNING("Running"),
    SUCCEEDED("Succeeded"),
    FAILED("Failed");

    private final String text;

    TaskState(String text) {
        this.text = text;
    }

    /** The name on the wire. */
    public String text() {
        return text;
    }
}
