import assert from 'node:assert/strict'
import { inboxTypes } from '../../spec/notices.ts'
import { deliveryTopics } from '../../spec/topic-table.ts'
import { parseDeliveryTopic } from '../../spec/topics.ts'

const byName = new Map(deliveryTopics.map((topic) => [topic.name, topic]))

/**
 * Fails unless the node delivers what the table of topics tells of (TOPIC-5): the payload fits its schema, and holds no
 * field besides. For nodes of this version only: a newer one may add fields.
 */
export const checkDelivery = (topic: string, text: string): void => {
  const parsed = parseDeliveryTopic(topic)
  assert.ok(parsed !== undefined, `${topic} is no topic on which anything is delivered`)
  const spec = byName.get(parsed.kind === 'presenceAt' ? 'presence' : parsed.kind)
  assert.ok(spec !== undefined, topic)
  if (spec.contentType !== 'application/json') return
  const document: unknown = JSON.parse(text)
  const type = typeof document === 'object' && document !== null && 'type' in document ? String(document.type) : ''
  const schema = parsed.kind === 'inbox' ? inboxTypes.get(type) : spec.payload
  assert.ok(schema !== undefined, `${topic}: the table tells of no type ${type}`)
  const read = schema.safeParse(document)
  assert.ok(read.success, `${topic}: ${text}: ${read.error?.message}`)
  // A reply may hold whatever its call's output is.
  if (parsed.kind !== 'reply') assert.deepEqual(document, read.data, `${topic}: fields that the table does not tell of`)
}
