package dev.naiad.backend.objectstore;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;

/**
 * An answer of an object store, of which only texts of elements matter.
 *
 * @param root name of the outermost element
 * @param fields texts of its direct children
 * @param lists children with children, in their order, by name: the texts of those
 */
record ObjectXml(
        String root, Map<String, String> fields, Map<String, List<Map<String, String>>> lists) {
    ObjectXml {
        fields = Map.copyOf(fields);
        lists = Map.copyOf(lists);
    }

    /**
     * Reads one.
     *
     * @param what for failures
     */
    static ObjectXml parse(String what, byte[] bytes) {
        // compat: S3 sends blanks in front while it puts an object together.
        String text = new String(bytes, StandardCharsets.UTF_8).strip();
        var factory = XMLInputFactory.newDefaultFactory();
        factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
        factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
        factory.setProperty(XMLInputFactory.IS_COALESCING, true);
        try {
            var reader = factory.createXMLStreamReader(new StringReader(text));
            reader.nextTag();
            return read(reader);
        } catch (XMLStreamException e) {
            throw new NaiadException(
                    ErrorKind.UNAVAILABLE, what + ": the answer is no XML: " + e.getMessage(), e);
        }
    }

    private static ObjectXml read(XMLStreamReader reader) throws XMLStreamException {
        String root = reader.getLocalName();
        var fields = new HashMap<String, String>();
        var lists = new HashMap<String, List<Map<String, String>>>();
        Map<String, String> inner = new HashMap<>();
        var text = new StringBuilder();
        String child = "";
        int depth = 1;
        while (depth > 0) {
            switch (reader.next()) {
                case XMLStreamConstants.START_ELEMENT -> {
                    depth++;
                    text.setLength(0);
                    if (depth == 2) {
                        child = reader.getLocalName();
                        inner = new HashMap<>();
                    }
                }
                case XMLStreamConstants.CHARACTERS -> text.append(reader.getText());
                case XMLStreamConstants.END_ELEMENT -> {
                    if (depth == 3) {
                        inner.put(reader.getLocalName(), text.toString().strip());
                    } else if (depth == 2 && inner.isEmpty()) {
                        fields.put(child, text.toString().strip());
                    } else if (depth == 2) {
                        lists.computeIfAbsent(child, _ -> new ArrayList<>()).add(inner);
                    }
                    text.setLength(0);
                    depth--;
                }
                default -> {}
            }
        }
        return new ObjectXml(root, fields, lists);
    }

    String field(String name) {
        return fields.getOrDefault(name, "");
    }

    List<Map<String, String>> list(String name) {
        return lists.getOrDefault(name, List.of());
    }
}
