import type { z } from 'zod'
import type { CallSpec } from '../../spec/calls/call.ts'
import { HearthError } from '../../spec/errors.ts'
import type { Delivery, Link, SdkComponents } from './components.ts'
import { errorOfReply, fieldOf } from './named-error.ts'

export interface CallInit {
  /** Default 10,000. */
  readonly timeoutMs?: number
}

export interface Calls {
  /**
   * Publishes the input to `u/{me}/call/{method}` and waits for the reply with the same Correlation Data.
   * Throws the node's HearthError, CONNECTION_LOST when the connection ends first (whether the node acted is
   * then unknown), or NO_ANSWER.
   */
  call<I extends z.ZodType, O extends z.ZodType>(
    link: Link,
    spec: CallSpec<I, O>,
    input: z.input<I>,
    init?: CallInit,
  ): Promise<z.output<O>>
  /** Takes a delivery on `u/{me}/reply`. */
  onReply(delivery: Delivery): void
  /** The connection ended: nobody will answer what is open. */
  onLost(error: HearthError): void
}

export const createCalls = (
  components: Pick<SdkComponents, 'newId' | 'delay'>,
  { user }: { readonly user: string },
): Calls => {
  const waiting = new Map<string, PromiseWithResolvers<unknown>>()
  const responseTopic = `u/${user}/reply`

  return {
    call: async (link, spec, input, { timeoutMs = 10_000 } = {}) => {
      const correlation = components.newId()
      const answer = Promise.withResolvers<unknown>()
      answer.promise.catch(() => undefined)
      waiting.set(correlation, answer)
      const over = new AbortController()
      void components
        .delay(timeoutMs, over.signal)
        .then(() => answer.reject(new HearthError('NO_ANSWER', `no answer to ${spec.method} in ${timeoutMs / 1000} s`)))
      try {
        const topic = `u/${user}/call/${spec.method}`
        link.publish(topic, JSON.stringify(input), { responseTopic, correlation }).catch(answer.reject)
        return outputOf(spec, await answer.promise)
      } finally {
        waiting.delete(correlation)
        over.abort()
      }
    },
    onReply: ({ payload, correlation }) => {
      if (correlation !== undefined) waiting.get(correlation)?.resolve(jsonOf(payload))
    },
    onLost: (error) => {
      for (const answer of waiting.values()) answer.reject(error)
    },
  }
}

const outputOf = <O extends z.ZodType>(spec: CallSpec<z.ZodType, O>, reply: unknown): z.output<O> => {
  const error = errorOfReply(reply)
  if (error !== undefined) throw error
  const output = spec.output.safeParse(fieldOf(reply, 'result'))
  if (!output.success)
    throw new HearthError('INTERNAL', `the node's answer to ${spec.method} is not understood`, { cause: output.error })
  return output.data
}

/** Undefined when it is not JSON. */
export const jsonOf = (payload: Uint8Array): unknown => {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload))
  } catch {
    return undefined
  }
}
