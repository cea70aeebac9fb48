import assert from 'node:assert/strict'
import { decodeCbor } from '../../../../spec/cbor.ts'
import {
  readAct,
  readGovernanceEvent,
  writeAct,
  type Act,
  type GovernanceEvent,
  type GovernanceSource,
} from '../../../../spec/governance/acts.ts'
import { createGovernance } from '../../../../spec/governance/governance.ts'
import type { AuthorKey } from '../../../../spec/governance/names.ts'
import { hex, unhex } from '../../../support/vectors/oracle.ts'
import { readVectors } from '../../../support/vectors/read.ts'

interface ActVectors {
  readonly valid: readonly { readonly type: Act['type']; readonly body: string; readonly act: object }[]
  readonly invalid: readonly { readonly type: Act['type']; readonly body: string; readonly why: string }[]
}

interface Histories {
  readonly histories: readonly {
    readonly rule: string
    readonly comment: string
    readonly genesis: string
    readonly events: readonly (Omit<GovernanceSource, 'body' | 'auth'> & {
      readonly body: string
      readonly auth: string | null
    })[]
    readonly valid: readonly string[]
    readonly ranks: Readonly<Record<AuthorKey, number | null>>
    readonly registers: Readonly<Record<string, unknown>>
  }[]
}

/** As the vectors write it. */
const plain = (act: Act): object => {
  const { type, ...said } = act
  if (type === 'set') return { key: act.register.key, value: act.register.value }
  if (act.type === 'revoke' || act.type === 'root.set') return { ...said, cuts: Object.fromEntries(act.cuts) }
  if (act.type === 'feed.resolve') {
    const { seal, certificate, events } = act
    return { ...said, events: events.map(hex), seal: hex(seal), certificate: hex(certificate) }
  }
  return type === 'server.genesis' ? { ...said, random: hex(act.random) } : said
}

// GOV-1 to GOV-7, GOV-20, GOV-24, GOV-32, GOV-33, GOV-38
describe('acts of governance', () => {
  const { valid, invalid } = readVectors('governance/acts') as ActVectors

  for (const { type, body, act } of valid) {
    it(`${type} ${JSON.stringify(act).slice(0, 60)}: is read, and written in the same bytes`, () => {
      const read = readAct(type, unhex(body))
      assert.ok(read)
      assert.deepEqual(plain(read), act)
      assert.equal(hex(writeAct(read)), body)
    })
  }

  for (const { type, body, why } of invalid) {
    it(`${type} with ${why}: is dropped`, () => {
      decodeCbor(unhex(body))
      assert.equal(readAct(type, unhex(body)), undefined)
    })
  }

  it('GOV-1: bytes cut short or changed never throw', () => {
    for (const { type, body } of valid) {
      const bytes = unhex(body)
      for (let at = 0; at < bytes.length; at++) {
        assert.equal(readAct(type, bytes.subarray(0, at)), undefined)
        readAct(type, bytes.with(at, (bytes[at] ?? 0) ^ 0xff))
      }
    }
  })
})

describe('histories of governance', () => {
  const { histories } = readVectors('governance/histories') as Histories

  for (const { rule, comment, genesis, events, valid, ranks, registers } of histories) {
    it(`${rule}: ${comment}`, () => {
      const read = events.map(({ body, auth, ...event }) =>
        readGovernanceEvent({ ...event, auth: (auth ?? undefined) as GovernanceSource['auth'], body: unhex(body) }),
      )
      const known = read.filter((event): event is GovernanceEvent => event !== undefined)
      const origin = known.find(({ id }) => id === genesis)
      assert.ok(origin)
      for (const order of [known, known.toReversed(), known.toSorted((a, b) => (a.author < b.author ? -1 : 1))]) {
        const governance = createGovernance(origin)
        for (const event of order) governance.apply([event])
        assert.deepEqual(
          known
            .map(({ id }) => id)
            .filter((id) => governance.isValid(id))
            .sort(),
          valid,
        )
        for (const [author, rank] of Object.entries(ranks)) {
          assert.equal(governance.standing(author as AuthorKey)?.rank ?? null, rank)
        }
        assert.deepEqual(
          Object.fromEntries(governance.registers('').map(([key, { value }]) => [key, value])),
          registers,
        )
      }
    })
  }

  it('GOV-1: another kind of event, and one whose body was erased, is none of governance', () => {
    const [event] = histories[0]?.events ?? []
    assert.ok(event)
    const source = { ...event, auth: undefined, body: unhex(event.body) }
    assert.ok(readGovernanceEvent(source))
    assert.equal(readGovernanceEvent({ ...source, type: 'msg' }), undefined)
    assert.equal(readGovernanceEvent({ ...source, type: 'constructor' }), undefined)
    assert.equal(readGovernanceEvent({ ...source, body: undefined }), undefined)
    assert.equal(readGovernanceEvent({ ...source, auth: source.id }), undefined)
  })
})
