import { z } from 'zod'
import { keyField, partsOf, vouchSigned, type AuthorDeviceKey, type Signer } from '../../spec/author.ts'
import { isNodeId } from '../../spec/identifiers.ts'
import type { NodeId } from '../../spec/ids.ts'
import type { SdkComponents } from './components.ts'

const personRecord = z.object({
  /** As it was last told: it may change, the node does not. */
  address: z.string(),
  node: z.custom<NodeId>(isNodeId),
  keys: z.array(z.object({ key: keyField, until: z.int().nonnegative().optional() })),
})
export type PinnedPerson = z.output<typeof personRecord>

/** SIGN-7: the keys of each author that this client goes by, whatever nodes say later. */
export interface PinnedKeys {
  of(person: Signer): PinnedPerson | undefined
  /** Whoever had the address when it was first told. */
  at(address: string): PinnedPerson | undefined
  /**
   * Takes what a node tells of an author: all of it the first time, later the ends of keys that are kept and those for which a
   * kept one vouches. Nothing of somebody whose address was another node's.
   */
  learn(address: string, signer: Signer, told: readonly AuthorDeviceKey[]): Promise<void>
  /** SIGN-8. */
  accept(address: string, signer: Signer, key: string): void
}

export interface PinnedKeysInit {
  /** As `keep` was told. */
  readonly kept: readonly (readonly [person: string, record: unknown])[]
  readonly keep: (person: string, record: PinnedPerson) => void
  /**
   * Default 2,000 people. Whoever comes after them is never pinned: if the oldest made room, somebody with many names
   * could have a key forgotten.
   */
  readonly peopleMax?: number
}

/** Of one person; a node tells 64 at most at a time. */
const keysMax = 256

export const createPinnedKeys = (
  { verify }: Pick<SdkComponents, 'verify'>,
  { kept, keep, peopleMax = 2_000 }: PinnedKeysInit,
): PinnedKeys => {
  const people = new Map<string, PinnedPerson>()
  const byAddress = new Map<string, string>()
  for (const [name, record] of kept) {
    const person = personRecord.safeParse(record)
    if (!person.success) continue
    people.set(name, person.data)
    byAddress.set(person.data.address, name)
  }

  const put = (name: string, person: PinnedPerson): void => {
    if (!people.has(name) && people.size >= peopleMax) return
    people.set(name, person)
    byAddress.set(person.address, name)
    keep(name, person)
  }
  const at = (address: string): PinnedPerson | undefined => people.get(byAddress.get(address) ?? '')

  const isVouchedFor = async (person: PinnedPerson, signer: Signer, { key, since, vouch }: AuthorDeviceKey) => {
    if (vouch === undefined) return false
    const by = person.keys.find((one) => one.key === vouch.by)
    if (by === undefined || (by.until !== undefined && since > by.until)) return false
    const parts = partsOf({ key: vouch.by, value: vouch.value })
    return parts !== undefined && verify(parts.key, vouchSigned(signer, key), parts.value)
  }

  return {
    of: (signer) => people.get(nameOf(signer)),
    at,
    learn: async (address, signer, told) => {
      const before = at(address)
      if (before !== undefined && before.node !== signer.node) return
      const known = people.get(nameOf(signer))
      if (known === undefined) {
        const keys = told.map(({ key, until }) => ({ key, ...(until !== undefined && { until }) }))
        if (keys.length > 0) put(nameOf(signer), { address, node: signer.node, keys })
        return
      }
      let person = withEnds(known.address === address ? known : { ...known, address }, told)
      // a chain of vouchers may be told in any order
      for (let isMore = true; isMore && person.keys.length < keysMax;) {
        isMore = false
        for (const one of told) {
          if (person.keys.some(({ key }) => key === one.key) || !(await isVouchedFor(person, signer, one))) continue
          const { key, until } = one
          person = { ...person, keys: [...person.keys, { key, ...(until !== undefined && { until }) }] }
          isMore = true
        }
      }
      if (person !== known) put(nameOf(signer), person)
    },
    accept: (address, signer, key) => {
      const keys = people.get(nameOf(signer))?.keys.filter((one) => one.key !== key) ?? []
      put(nameOf(signer), { address, node: signer.node, keys: [...keys, { key }] })
    },
  }
}

const nameOf = ({ node, user }: Signer): string => `${user}@${node}`

/** A key that ended ends; it never comes back to life, nor ends later than was said first. */
const withEnds = (person: PinnedPerson, told: readonly AuthorDeviceKey[]): PinnedPerson => {
  const ends = new Map(told.map(({ key, until }) => [key, until]))
  let isChanged = false
  const keys = person.keys.map((one) => {
    const until = ends.get(one.key)
    if (until === undefined || (one.until !== undefined && one.until <= until)) return one
    isChanged = true
    return { ...one, until }
  })
  return isChanged ? { ...person, keys } : person
}
