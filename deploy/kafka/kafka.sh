#!/usr/bin/env bash
# Starts one Kafka broker from plain jars: needs Java 17, and Maven unless KAFKA_HOME is set.
# Usage: kafka.sh [folder for its files]     (default: target/kafka of this workspace)
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
target=$(cd "$here/../.." && pwd)/target
data=${1:-$target/kafka}

if [[ -n ${KAFKA_HOME:-} ]]; then
  jars=$KAFKA_HOME/libs
else
  jars=$target/kafka-lib
  mkdir -p "$target"
  exec 9>"$target/kafka-lib.lock"
  flock 9
  if [[ ! -d $jars ]]; then
    mvn -q -B -f "$here/pom.xml" dependency:copy-dependencies \
      -DincludeScope=runtime "-DoutputDirectory=$jars.part"
    mv "$jars.part" "$jars"
  fi
  exec 9>&-
fi

mkdir -p "$data"
cd "$data"
if [[ ! -e log/meta.properties ]]; then
  cp "$here/server.properties" server.properties
  id=$(java -cp "$jars/*" kafka.tools.StorageTool random-uuid)
  java -cp "$jars/*" kafka.tools.StorageTool format --standalone -t "$id" -c server.properties
fi
exec java -Xms256m -Xmx512m -Dorg.apache.logging.log4j.level=INFO -cp "$jars/*" kafka.Kafka server.properties
