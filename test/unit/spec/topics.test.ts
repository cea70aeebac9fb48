import assert from 'node:assert/strict'
import {
  callTopic,
  channelTopic,
  parseDeliveryTopic,
  parsePublishTopic,
  presenceTopic,
  userTopic,
  type DeliveryTopic,
  type PublishTopic,
} from '../../../spec/topics.ts'
import { readVectors } from '../../support/vectors/read.ts'

interface Vectors {
  readonly publish: readonly { readonly topic: string; readonly parsed: PublishTopic | null }[]
  readonly delivery: readonly { readonly topic: string; readonly parsed: DeliveryTopic | null }[]
}

describe('topics', () => {
  const { publish, delivery } = readVectors('topics') as Vectors

  // TOPIC-3, TOPIC-4
  it('knows what may be published to', () => {
    for (const { topic, parsed } of publish) assert.deepEqual(parsePublishTopic(topic), parsed ?? undefined, topic)
  })

  // TOPIC-3, TOPIC-5, TOPIC-6, TOPIC-12
  it('knows what is delivered', () => {
    for (const { topic, parsed } of delivery) assert.deepEqual(parseDeliveryTopic(topic), parsed ?? undefined, topic)
  })

  it('builds the topics that it reads', () => {
    const topicOf = (parsed: PublishTopic | DeliveryTopic): string => {
      if (parsed.kind === 'call') return callTopic(parsed.user, parsed.method)
      if (parsed.kind === 'presenceAt') return presenceTopic(parsed.address)
      return 'user' in parsed ? userTopic(parsed.user, parsed.kind) : channelTopic(parsed.channel, parsed.kind)
    }
    for (const { topic, parsed } of [...publish, ...delivery]) {
      if (parsed !== null && !topic.includes('/reply/')) assert.equal(topicOf(parsed), topic)
    }
  })
})
