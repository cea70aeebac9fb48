/** Who is let in at all, as admins set it (TRUST-8): kept in the store, asked at every decision. */
import { z } from 'zod'
import type { Policy } from '../../federation/trust/components.ts'
import { createRecords } from '../store/records.ts'
import type { Store } from '../store/store.ts'

const stored = z.strictObject({
  mode: z.enum(['open', 'allow']),
  allow: z.array(z.string()),
  deny: z.array(z.string()),
})

export interface AdmissionLists {
  policy(): Policy
  /** An entry is a node id or a domain; it leaves the other list. Resolves when it is on disk. */
  add(list: 'allow' | 'deny', entry: string): Promise<void>
  remove(list: 'allow' | 'deny', entry: string): Promise<void>
  setMode(mode: Policy['mode']): Promise<void>
}

export async function openAdmissionLists(store: Store): Promise<AdmissionLists> {
  const table = await createRecords(store, 'federation', stored)
  const now = (): z.output<typeof stored> => table.get(key) ?? { mode: 'open', allow: [], deny: [] }
  let policy = policyOf(now())
  const change = async (edit: (old: z.output<typeof stored>) => z.output<typeof stored>): Promise<void> => {
    await table.update(key, () => edit(now()))
    policy = policyOf(now())
  }
  return {
    policy: () => policy,
    add: (list, entry) =>
      change((old) => {
        const other = list === 'allow' ? 'deny' : 'allow'
        const without = old[other].filter((one) => one !== entry)
        return { ...old, [other]: without, [list]: [...new Set([...old[list], entry])] }
      }),
    remove: (list, entry) => change((old) => ({ ...old, [list]: old[list].filter((one) => one !== entry) })),
    setMode: (mode) => change((old) => ({ ...old, mode })),
  }
}

const key = 'admission'

const policyOf = ({ mode, allow, deny }: z.output<typeof stored>): Policy => ({
  mode,
  allow: new Set(allow),
  deny: new Set(deny),
})
