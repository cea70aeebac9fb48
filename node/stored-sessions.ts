import { z } from 'zod'
import type { SessionStore, StoredSession } from '../broker/components.ts'
import { createRecords } from './store/records.ts'
import type { Store } from './store/store.ts'

const sessionRecord = z.object({
  sessionKey: z.string(),
  subscriptions: z.array(
    z.object({
      filter: z.string(),
      qos: z.union([z.literal(0), z.literal(1), z.literal(2)]),
      subscriptionId: z.int().exactOptional(),
      noLocal: z.boolean().exactOptional(),
      retainAsPublished: z.boolean().exactOptional(),
      retainHandling: z.int().exactOptional(),
      since: z.int().exactOptional(),
    }),
  ),
  cursor: z.int().nonnegative(),
  expiresAt: z.number(),
})

/** Persistent MQTT sessions: subscriptions and a cursor each, no messages. */
export async function openSessions(store: Store): Promise<SessionStore> {
  const records = await createRecords<StoredSession>(store, 'sessions', sessionRecord)
  return {
    load: () => Promise.resolve([...records.all()].map(([, session]) => session)),
    put: (session) => records.put(session.sessionKey, session),
    delete: (sessionKey) => records.delete(sessionKey),
  }
}
