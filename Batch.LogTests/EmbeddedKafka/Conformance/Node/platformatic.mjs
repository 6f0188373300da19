// @platformatic/kafka, which speaks the newest versions of each request: topic ids, flexible layouts.
import assert from 'node:assert/strict'
import { Admin, Consumer, Producer, stringDeserializers, stringSerializers } from '@platformatic/kafka'
import { broker, end, eventually, restart, run } from './scenario.mjs'

const common = { clientId: 'conformance', bootstrapBrokers: [broker], retries: 50, retryDelay: 200, timeout: 10_000, connectTimeout: 2_000 }
const admin = new Admin(common)
const topic = `${run}-topic`
await admin.createTopics({ topics: [topic], partitions: 4, replicas: 1 })
await assert.rejects(admin.createTopics({ topics: [topic], partitions: 4, replicas: 1 }))
assert.ok((await admin.listTopics()).includes(topic))
const metadata = await admin.metadata({ topics: [topic] })
assert.equal(metadata.topics.get(topic).partitionsCount, 4)

const producer = new Producer({ ...common, idempotent: true, serializers: stringSerializers })
let produced = 0
async function produce(count, compression = 'none') {
  const messages = Array.from({ length: count }, () => {
    const n = produced++
    return { topic, key: `k${n}`, value: `v${n}`, headers: { n: `${n}` }, partition: n % 4 }
  })
  await producer.send({ messages, compression, acks: -1 })
}
await produce(60)
await produce(60, 'gzip')

const groupId = `${run}-group`
const seen = []
async function member(name) {
  const consumer = new Consumer({ ...common, groupId, deserializers: stringDeserializers })
  const stream = await consumer.consume({
    topics: [topic], autocommit: 100, mode: 'committed', fallbackMode: 'earliest',
    sessionTimeout: 10_000, heartbeatInterval: 300, rebalanceTimeout: 10_000, maxWaitTime: 200
  })
  stream.on('data', message => {
    assert.equal(message.key.slice(1), message.headers.get('n'))
    seen.push({ name, partition: message.partition, offset: Number(message.offset), value: message.value })
  })
  stream.on('error', error => console.error(name, error.message))
  const parts = () => consumer.assignments?.find(assignment => assignment.topic === topic)?.partitions.length ?? 0
  return { consumer, stream, parts }
}
const all = () => new Set(seen.map(message => message.value)).size
const first = await member('first')
await eventually('the first member reads all', () => all() === 120)
const second = await member('second')
await eventually('the members share', () => first.parts() === 2 && second.parts() === 2)
await produce(40)
await eventually('both read', () => all() === 160 && seen.some(message => message.name === 'second'))
const groups = await admin.describeGroups({ groups: [groupId] })
assert.equal(groups.get(groupId).members.size, 2)
assert.ok((await admin.listGroups()).has(groupId))

await restart()
await produce(20)
await eventually('the group reads on', () => all() === 180)
await second.consumer.close(true)
await eventually('the first has all partitions', () => first.parts() === 4)
await produce(8)
await eventually('the first reads all', () => all() === 188)
await first.consumer.close(true)

const offsets = await admin.listConsumerGroupOffsets({ groups: [groupId] })
assert.ok(offsets[0].topics[0].partitions.every(partition => Number(partition.committedOffset) <= 47))
const configs = await admin.describeConfigs({ resources: [{ resourceType: 2, resourceName: topic, configurationKeys: null }], includeSynonyms: false, includeDocumentation: false })
assert.ok(configs[0].configs.some(config => config.name === 'cleanup.policy' && config.value === 'delete'))
await admin.createPartitions({ topics: [{ name: topic, count: 6, assignments: null }], validateOnly: false })
await admin.deleteGroups({ groups: [groupId] })
assert.ok(!(await admin.listGroups()).has(groupId))
await admin.deleteTopics({ topics: [topic] })
assert.ok(!(await admin.listTopics()).includes(topic))
await producer.close(true)
await admin.close()
end()
