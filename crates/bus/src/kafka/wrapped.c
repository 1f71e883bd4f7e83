/*
 * Functions that stand before librdkafka's own: linked with --wrap=NAME, see build.rs, calls of NAME from its other files
 * come to __wrap_NAME. Each is here for a mistake of librdkafka that its next version may be without: 2.12.1 is ours, and
 * 2.15.0 still has them. A test says when ours changes.
 */
#include <stdint.h>

struct rd_kafka_s;
struct rd_kafka_broker_s;

enum { PRODUCE = 0, FETCH = 1 };

/*
 * What a broker tells of leaders beside a refusal (KIP-951) is not asked for. Partitions of which the answer to a Fetch says
 * that they have no leader (-1) are counted and not filled in, and memory that was never written is read as their partition
 * numbers: the process dies (issue 5280). And a producer that is told of no leader may send nothing there any more (issue
 * 5430). Brokers tell from Produce 10 and Fetch 16 on; with the versions before these librdkafka asks for the metadata after a
 * refusal, as it did before it knew of KIP-951.
 */
int16_t __real_rd_kafka_broker_ApiVersion_supported(struct rd_kafka_broker_s *broker, int16_t request, int16_t from,
                                                    int16_t to, int *features);

int16_t __wrap_rd_kafka_broker_ApiVersion_supported(struct rd_kafka_broker_s *broker, int16_t request, int16_t from,
                                                    int16_t to, int *features) {
    if (request == PRODUCE && to > 9)
        to = 9;
    if (request == FETCH && to > 15)
        to = 15;
    return __real_rd_kafka_broker_ApiVersion_supported(broker, request, from, to, features);
}

/*
 * A return to the bootstrap servers is never called off. A broker that its controller has given up may answer that there are
 * no brokers: librdkafka drops those it knows, plans to begin again as the last connection is closed, and calls that off when
 * it is through with the answer (issue 5301). The client reaches nobody ever after. The timer that is stopped there also runs
 * from each question for metadata, to begin again when none is answered for minutes; as nothing stops it, it is not started
 * for that.
 */
int __wrap_rd_kafka_rebootstrap_tmr_stop(struct rd_kafka_s *client) {
    (void)client;
    return 0;
}

void __wrap_rd_kafka_rebootstrap_tmr_start_maybe(struct rd_kafka_s *client) {
    (void)client;
}
