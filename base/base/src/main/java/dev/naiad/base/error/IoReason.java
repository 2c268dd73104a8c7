package dev.naiad.base.error;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;

/** Why a file operation failed, in words: the JDK's exceptions often give only the path. */
public final class IoReason {
    private IoReason() {}

    /**
     * {@code what: reason}, with the path of the file in between if {@code what} does not name it.
     */
    public static String after(String what, IOException failure) {
        return what + ": " + beside(what, failure);
    }

    /** The reason, preceded by the path of the file unless {@code context} names it. */
    static String beside(String context, IOException failure) {
        return failure instanceof FileSystemException system
                        && system.getFile() != null
                        && !context.contains(system.getFile())
                ? system.getFile() + ": " + of(failure)
                : of(failure);
    }

    /** The reason alone. */
    private static String of(IOException failure) {
        return switch (failure) {
            case NoSuchFileException _ -> "no such file or directory";
            case AccessDeniedException _ -> "permission denied";
            case FileAlreadyExistsException _ -> "already exists";
            case NotDirectoryException _ -> "is not a directory";
            case DirectoryNotEmptyException _ -> "is not empty";
            case FileSystemException other when other.getReason() != null -> other.getReason();
            case CharacterCodingException _ -> "is not text in UTF-8";
            default -> {
                String message = failure.getMessage();
                yield message == null || message.isBlank()
                        ? failure.getClass().getSimpleName()
                        : message;
            }
        };
    }
}
