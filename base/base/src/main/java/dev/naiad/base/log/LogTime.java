package dev.naiad.base.log;

import java.time.Instant;

/** Writes UTC times by hand: the JDK's formatter costs 20 ms at the first line of a program. */
final class LogTime {
    private static final long DAY = 86_400;

    private LogTime() {}

    /**
     * Appends {@code 2026-11-24T05:33:55.883050}.
     *
     * @param separator between date and time
     * @param timeSeparator between hours, minutes and seconds
     * @param digits of the fraction: 0, 3, 6 or 9
     */
    static void append(
            StringBuilder out, Instant time, char separator, char timeSeparator, int digits) {
        long days = Math.floorDiv(time.getEpochSecond(), DAY);
        int second = (int) Math.floorMod(time.getEpochSecond(), DAY);
        int rest = time.getNano();
        date(out, days);
        out.append(separator);
        two(out, second / 3600).append(timeSeparator);
        two(out, second / 60 % 60).append(timeSeparator);
        two(out, second % 60);
        if (digits > 0) {
            out.append('.');
            int unit = 100_000_000;
            for (int i = 0; i < digits; i++) {
                out.append((char) ('0' + rest / unit));
                rest %= unit;
                unit /= 10;
            }
        }
    }

    /**
     * The proleptic Gregorian date of a day since 1970, counted in eras of 400 years that begin on
     * March 1st.
     */
    private static void date(StringBuilder out, long daysSince1970) {
        long days = daysSince1970 + 719_468;
        long era = Math.floorDiv(days, 146_097);
        int ofEra = Math.floorMod(days, 146_097);
        int yearOfEra = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365;
        int ofYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
        int monthFromMarch = (5 * ofYear + 2) / 153;
        int day = ofYear - (153 * monthFromMarch + 2) / 5 + 1;
        int month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
        long year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
        two(out, (int) (year / 100));
        two(out, (int) (year % 100)).append('-');
        two(out, month).append('-');
        two(out, day);
    }

    private static StringBuilder two(StringBuilder out, int number) {
        return out.append((char) ('0' + number / 10)).append((char) ('0' + number % 10));
    }
}
