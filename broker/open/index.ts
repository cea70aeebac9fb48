import { randomUUID } from 'node:crypto'
import type { ErrorCode } from '../../spec/errors.ts'
import { createBroker } from '../broker.ts'
import type { Clock, Logger, OutboundMessage, Policy, SessionStore } from '../components.ts'
import type { Broker } from '../index.ts'
import { MemoryBacklog } from './memory-backlog.ts'

/** Everybody who connects, by client id. */
export interface OpenPrincipal {
  readonly sessionKey: string
}

export interface OpenBrokerInit {
  readonly logger: Logger
  readonly clock?: Clock
  /** Messages kept for sessions that are away; default 20,000. */
  readonly messagesMax?: number
  /** Their payload bytes; default 64 MiB. */
  readonly bytesMax?: number
  /** Filters that are refused all the same, for suites that look at refusals. */
  readonly refusedFilters?: readonly string[]
}

/**
 * An MQTT broker like any other: no accounts, everything allowed, everything in memory. For
 * third-party test suites and for trying things out (`hearth broker --open`).
 */
export function createOpenBroker(init: OpenBrokerInit): Broker<OpenPrincipal> {
  const clock = init.clock ?? { now: () => Date.now() }
  const backlog = new MemoryBacklog({
    messagesMax: init.messagesMax ?? 20_000,
    bytesMax: init.bytesMax ?? 64 * 1024 * 1024,
    clock,
  })
  const broker = createBroker<OpenPrincipal>(
    {
      policy: openPolicy(publish, new Set(init.refusedFilters)),
      backlog,
      sessions: new MemorySessions(),
      clock,
      logger: init.logger,
    },
    { retainedTopicsMax: 100_000, preAuthPerAddressMax: Infinity, newClientId: randomUUID },
  )

  function publish(message: OutboundMessage): void {
    broker.publish(message.qos > 0 ? { ...message, position: backlog.append(message) } : message)
  }
  return broker
}

function openPolicy(
  publish: (message: OutboundMessage) => void,
  refusedFilters: ReadonlySet<string>,
): Policy<OpenPrincipal> {
  return {
    connect: async ({ clientId }) => {
      const sessionKey = `open:${clientId}`
      return { ok: true, value: { principal: { sessionKey }, sessionKey } }
    },
    subscribe: (_principal, filter) =>
      refusedFilters.has(filter)
        ? { ok: false, code: 'FILTER_REFUSED', reason: 'this filter is refused by configuration' }
        : { ok: true, value: undefined },
    canReceive: () => true,
    publish: (principal, message) => {
      if (message.topic.startsWith('$SYS/')) return refused('TOPIC_INVALID', 'topics under $SYS are the broker’s')
      const { userPropertyList, correlationData, contentType, responseTopic, isUtf8, messageExpirySeconds } = message
      publish({
        topic: message.topic,
        // The payload lies in the socket's buffer, which may be large.
        payload: Buffer.from(message.payload),
        qos: message.qos,
        retain: message.retain,
        origin: principal.sessionKey,
        ...(userPropertyList && { userProperties: userPropertyList }),
        ...(correlationData && { correlationData: Buffer.from(correlationData) }),
        ...(contentType !== undefined && { contentType }),
        ...(responseTopic !== undefined && { responseTopic }),
        ...(isUtf8 !== undefined && { isUtf8 }),
        ...(messageExpirySeconds !== undefined && { messageExpirySeconds }),
      })
      return undefined
    },
  }
}

async function refused(code: ErrorCode, reason: string): Promise<{ ok: false; code: ErrorCode; reason: string }> {
  return { ok: false, code, reason }
}

/** The broker itself keeps the sessions; nothing outlives the process. */
class MemorySessions implements SessionStore {
  async load(): Promise<never[]> {
    return []
  }
  async put(): Promise<void> {}
  async delete(): Promise<void> {}
}
