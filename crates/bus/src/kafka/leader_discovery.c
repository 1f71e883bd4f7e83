/*
 * Leader discovery (KIP-951) off: what a broker tells of leaders beside a refusal is not asked for.
 *
 * librdkafka up to 2.15 takes a partition whose leader is gone (-1) for one that it was told, and reads memory that was
 * never written as its number: the process dies (librdkafka issue 5280), or a partition is not sent to any more (5430).
 * Brokers tell of leaders from Produce 10 and Fetch 16 on. With the versions before these librdkafka asks for the
 * metadata after a refusal, as it did up to 2.4.
 *
 * Linked with --wrap=rd_kafka_broker_ApiVersion_supported, see build.rs.
 */
#include <stdint.h>

struct rd_kafka_broker_s;

enum { PRODUCE = 0, FETCH = 1 };

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
