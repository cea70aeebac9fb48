import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { errorOfReply } from '../../client/sdk/named-error.ts'
import { errorsOf, type CallSpec } from '../../spec/calls/call.ts'
import { HearthError } from '../../spec/errors.ts'
import type { TestClient } from './mqtt-client.ts'

/**
 * A call over MQTT 5, answered on `u/{user}/reply`, to which the client must have subscribed. Throws the node's
 * named error. Fails when the answer, or the error, is none that the call's spec tells of.
 */
export const callNode = async <I extends z.ZodType, O extends z.ZodType>(
  client: TestClient,
  user: string,
  spec: CallSpec<I, O>,
  input: z.input<I>,
): Promise<z.output<O>> => {
  const correlation = randomUUID()
  const properties = { responseTopic: `u/${user}/reply`, correlationData: Buffer.from(correlation) }
  const ack = await client.publish(`u/${user}/call/${spec.method}`, JSON.stringify(input), { properties })
  if (ack.code >= 0x80) throw new HearthError('BAD_REQUEST', ack.reason ?? `PUBACK 0x${ack.code.toString(16)}`)
  const reply = await client.waitFor(({ packet }) => packet.properties?.correlationData?.toString() === correlation)
  const answer: unknown = JSON.parse(reply.text)
  const error = errorOfReply(answer)
  if (error !== undefined) {
    assert.ok(errorsOf(spec).includes(error.code), `${spec.method} does not tell of ${error.code}: ${error.message}`)
    throw error
  }
  const { result } = replySchema.parse(answer)
  const output = spec.output.parse(result)
  assert.deepEqual(result, output, `${spec.method} answers with fields that its output does not tell of`)
  return output
}

const replySchema = z.object({ result: z.unknown() })
