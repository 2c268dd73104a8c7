package dev.naiad.accelctl;

import dev.naiad.base.config.ConfigNode;
import java.util.ArrayList;
import java.util.List;

/** Tasks as lines of text, in columns. */
final class TaskTable {
    private static final int MOST = 80;
    private static final int GAP = 3;

    private TaskTable() {}

    /**
     * The table with its heading.
     *
     * @param tasks as the API shows them
     */
    static String of(List<ConfigNode> tasks) {
        var rows = new ArrayList<List<String>>();
        rows.add(List.of("ID", "CREATED", "STATUS", "SOURCE", "REASON"));
        for (ConfigNode task : tasks) {
            rows.add(
                    List.of(
                            task.get("id").text(),
                            time(task.get("created").text()),
                            task.get("status").text(),
                            cut(task.get("source").text()),
                            cut(task.get("reason").text())));
        }
        int columns = rows.getFirst().size();
        int[] widths = new int[columns];
        for (List<String> row : rows) {
            for (int i = 0; i < columns; i++) {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        }
        var text = new StringBuilder();
        for (List<String> row : rows) {
            var line = new StringBuilder();
            for (int i = 0; i < columns; i++) {
                line.append(row.get(i));
                line.repeat(' ', widths[i] - row.get(i).length() + GAP);
            }
            text.append(line.toString().stripTrailing()).append('\n');
        }
        return text.toString();
    }

    /** Date and time as the server gave them, in its zone. */
    private static String time(String text) {
        return text.length() < 19 ? text : text.substring(0, 10) + " " + text.substring(11, 19);
    }

    private static String cut(String text) {
        String line = text.replace('\n', ' ');
        return line.length() > MOST ? line.substring(0, MOST) + "..." : line;
    }
}
