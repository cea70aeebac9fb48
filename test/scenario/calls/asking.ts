import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import type { z } from 'zod'
import { replyJson } from '../../../spec/topic-table.ts'
import type { TestClient } from '../../support/mqtt-client.ts'

const replySchema = replyJson.transform((reply) => ({
  result: 'result' in reply ? reply.result : undefined,
  error: 'error' in reply ? reply.error : undefined,
}))
export type Reply = z.output<typeof replySchema>

/** A call by its name, with whatever bytes; replies go by Correlation Data, so that many can be asked for at once. */
export type Asking = (method: string, payload: string | Uint8Array) => Promise<Reply>

export const openAsking = async (client: TestClient, user: string): Promise<Asking> => {
  await client.subscribe(`u/${user}/reply`)
  return async (method, payload) => {
    const correlation = randomUUID()
    const properties = { responseTopic: `u/${user}/reply`, correlationData: Buffer.from(correlation) }
    const ack = await client.publish(`u/${user}/call/${method}`, payload, { properties })
    assert.ok(ack.code < 0x80, `${method}: ${ack.reason}`)
    const reply = await client.waitFor(({ packet }) => packet.properties?.correlationData?.toString() === correlation)
    return replySchema.parse(JSON.parse(reply.text))
  }
}
