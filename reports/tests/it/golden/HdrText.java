// Writes hdr-java.hgrm: HdrHistogram's own text of three made-up series, with which `outputs/hgrm.rs` is compared.
//
// Written for this repository; run with HdrHistogram 2.1.11 (Debian's libhdrhistogram-java, BSD-2-Clause or public
// domain) and any JDK from 11 on:
//   java -cp /usr/share/java/hdrhistogram.jar HdrText.java > hdr-java.hgrm
import org.HdrHistogram.Histogram;

public class HdrText {
    public static void main(String[] args) {
        for (int n : new int[] {19, 400, 40_000}) {
            Histogram histogram = new Histogram(3);
            for (long i = 1; i <= n; i++) {
                histogram.recordValue(sample(i));
            }
            System.out.println("# samples=" + n);
            histogram.outputPercentileDistribution(System.out, 1000.0);
        }
    }

    // ns; two thirds of them near 5 µs, the rest with a tail up to 2.5 ms.
    static long sample(long i) {
        long spread = i * i * 7919 % 1_000_003;
        return i % 3 == 0 ? 4_000 + spread * spread / 400_000 : 4_500 + spread % 1_700;
    }
}
