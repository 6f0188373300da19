// kafkajs: topics, an idempotent producer, a group that rebalances, a restart of the broker, admin calls.
import assert from 'node:assert/strict'
import kafkajs from 'kafkajs'
import { broker, end, eventually, restart, run } from './scenario.mjs'

const { Kafka, CompressionTypes, ConfigResourceTypes, logLevel } = kafkajs
const kafka = new Kafka({ brokers: [broker], clientId: 'conformance', logLevel: logLevel.NOTHING, retry: { initialRetryTime: 100, retries: 30 } })
const admin = kafka.admin()
await admin.connect()

// Topics
const topic = `${run}-topic`
assert.equal(await admin.createTopics({ topics: [{ topic, numPartitions: 3, configEntries: [{ name: 'retention.ms', value: '3600000' }] }] }), true)
assert.equal(await admin.createTopics({ topics: [{ topic, numPartitions: 3 }] }), false)
await assert.rejects(admin.createTopics({ topics: [{ topic: `${run}-x`, replicationFactor: 3 }] }), error => error.errors[0].type === 'INVALID_REPLICATION_FACTOR')
await assert.rejects(admin.createTopics({ topics: [{ topic: `${run}-x`, configEntries: [{ name: 'no.such', value: '1' }] }] }), error => error.errors[0].type === 'INVALID_CONFIG')
assert.ok((await admin.listTopics()).includes(topic))
const described = await admin.fetchTopicMetadata({ topics: [topic] })
assert.equal(described.topics[0].partitions.length, 3)
const configs = await admin.describeConfigs({ includeSynonyms: false, resources: [{ type: ConfigResourceTypes.TOPIC, name: topic }] })
assert.equal(configs.resources[0].configEntries.find(entry => entry.configName === 'retention.ms').configValue, '3600000')
await admin.alterConfigs({ validateOnly: false, resources: [{ type: ConfigResourceTypes.TOPIC, name: topic, configEntries: [{ name: 'retention.ms', value: '7200000' }] }] })
await admin.createPartitions({ topicPartitions: [{ topic, count: 4 }] })
assert.equal((await admin.fetchTopicMetadata({ topics: [topic] })).topics[0].partitions.length, 4)
const cluster = await admin.describeCluster()
assert.equal(cluster.brokers.length, 1)
assert.equal(cluster.controller, cluster.brokers[0].nodeId)

// Produce: idempotent, with keys, headers, and compression
const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 })
await producer.connect()
let produced = 0
async function produce(count, compression = CompressionTypes.None) {
  const messages = Array.from({ length: count }, () => {
    const n = produced++
    return { key: `k${n}`, value: `v${n}`, headers: { n: `${n}` }, partition: n % 4 }
  })
  const results = await producer.send({ topic, compression, messages })
  assert.ok(results.every(result => result.errorCode === 0))
}
await produce(60)
await produce(60, CompressionTypes.GZIP)

// A group: one member, then two, then one again
const groupId = `${run}-group`
const seen = []
async function member(name) {
  const consumer = kafka.consumer({ groupId, sessionTimeout: 10_000, heartbeatInterval: 300, rebalanceTimeout: 10_000, maxWaitTimeInMs: 200 })
  const joins = []
  consumer.on(consumer.events.GROUP_JOIN, event => joins.push(event.payload.memberAssignment[topic] ?? []))
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await consumer.run({
    autoCommitThreshold: 1,
    eachMessage: async ({ partition, message }) => {
      assert.equal(message.key.toString().slice(1), message.headers.n.toString())
      seen.push({ name, partition, offset: message.offset, value: message.value.toString() })
    }
  })
  return { consumer, joins }
}
const first = await member('first')
await eventually('the first member reads all', () => seen.length === 120)
const second = await member('second')
await eventually('the members share', () => second.joins.at(-1)?.length === 2 && first.joins.at(-1)?.length === 2)
await produce(40)
await eventually('both read', () => seen.length >= 160 && seen.some(message => message.name === 'second'))
assert.equal(new Set(seen.map(message => message.value)).size, 160)
for (const partition of [0, 1, 2, 3]) {
  const offsets = seen.filter(message => message.partition === partition).map(message => Number(message.offset))
  assert.deepEqual([...new Set(offsets)], Array.from({ length: 40 }, (_, i) => i))
}
const groups = await admin.describeGroups([groupId])
assert.equal(groups.groups[0].state, 'Stable')
assert.equal(groups.groups[0].members.length, 2)
assert.ok((await admin.listGroups()).groups.some(group => group.groupId === groupId && group.protocolType === 'consumer'))

// The broker goes away under producer and group, and comes back
await restart()
await produce(20)
await eventually('the group reads on', () => new Set(seen.map(message => message.value)).size === 180)
await second.consumer.disconnect()
await eventually('the first has all partitions', () => first.joins.at(-1)?.length === 4)
await produce(8)
await eventually('the first reads all', () => new Set(seen.map(message => message.value)).size === 188)
await first.consumer.disconnect()

// Offsets and records by hand
const committed = await admin.fetchOffsets({ groupId, topics: [topic] })
assert.deepEqual(committed[0].partitions.map(partition => partition.offset).sort(), ['47', '47', '47', '47'])
await admin.setOffsets({ groupId, topic, partitions: [{ partition: 0, offset: '3' }] })
assert.equal((await admin.fetchOffsets({ groupId, topics: [topic] }))[0].partitions.find(partition => partition.partition === 0).offset, '3')
await admin.deleteTopicRecords({ topic, partitions: [{ partition: 1, offset: '10' }] })
const ends = await admin.fetchTopicOffsets(topic)
assert.equal(ends.find(partition => partition.partition === 1).low, '10')
assert.equal(ends.find(partition => partition.partition === 1).high, '47')
assert.equal((await admin.fetchTopicOffsetsByTimestamp(topic, Date.now() + 60_000))[0].offset, '47')
await admin.deleteGroups([groupId])
assert.ok(!(await admin.listGroups()).groups.some(group => group.groupId === groupId))
await admin.deleteTopics({ topics: [topic] })
assert.ok(!(await admin.listTopics()).includes(topic))
await producer.disconnect()
await admin.disconnect()
end()
