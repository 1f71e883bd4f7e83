/*
 * Functions that stand before librdkafka's own: linked with --wrap=NAME, see build.rs, calls of NAME from its other files
 * come to __wrap_NAME. Each is here for a mistake that no release of librdkafka is without (2.12.1 is ours, 2.15.0 the
 * newest); away with it when one is.
 */
#include <stdint.h>

struct rd_kafka_s;
struct rd_kafka_broker_s;

enum { PRODUCE = 0, FETCH = 1 };

/*
 * What a broker tells of leaders beside a refusal (KIP-951) is not asked for: librdkafka takes a partition without a leader
 * (-1) for one with, and reads memory that was never written as its number. The process dies (its issue 5280), or nothing is
 * sent to the partition any more (5430). Brokers tell from Produce 10 and Fetch 16 on; with the versions before these
 * librdkafka asks for the metadata after a refusal, as it did up to 2.4.
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
 * A return to the bootstrap servers is never called off. A broker that was cut off from its controller may answer that there
 * are no brokers: librdkafka drops those it knows, plans to begin again, and calls that off because an answer came (its issue
 * 5301). Nothing reaches this client's brokers ever after. The timer that is to be stopped here also runs after each question
 * for metadata; `metadata.recovery.rebootstrap.trigger.ms` keeps it from ending.
 */
int __wrap_rd_kafka_rebootstrap_tmr_stop(struct rd_kafka_s *client) {
    (void)client;
    return 0;
}
