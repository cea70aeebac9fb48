import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { compare } from '../../../../node/store/bytes.ts'
import type { Operation, Store } from '../../../../node/store/store.ts'

const bytes = (text: string) => Buffer.from(text, 'latin1')
const put = (key: string, value: string): Operation => ({ type: 'put', key: bytes(key), value: bytes(value) })
const del = (key: string): Operation => ({ type: 'del', key: bytes(key) })
const all = { gte: bytes(''), lt: bytes('\xff') }

/** What every engine of the store port does. `open` gives an empty store. */
export function storeSuite(name: string, open: () => Promise<Store>): void {
  describe(`${name}: the store port`, () => {
    let store: Store
    beforeEach(async () => {
      store = await open()
    })
    afterEach(() => store[Symbol.asyncDispose]())

    const read = async (range = all, options = {}) =>
      (await store.entries({ ...range, ...options })).map(([key, value]) => [
        Buffer.from(key).toString('latin1'),
        Buffer.from(value).toString('latin1'),
      ])

    it('reads back what was committed, and undefined for what was not', async () => {
      await store.commit([put('a', '1'), put('\x00\xfe', '\x00')])
      assert.deepEqual(Buffer.from((await store.get(bytes('a'))) ?? []), bytes('1'))
      assert.deepEqual(Buffer.from((await store.get(bytes('\x00\xfe'))) ?? []), bytes('\x00'))
      assert.equal(await store.get(bytes('b')), undefined)
    })

    it('applies the operations of a commit in order, the last one wins', async () => {
      await store.commit([put('a', '1'), del('a'), put('b', '1'), put('b', '2')])
      assert.deepEqual(await read(), [['b', '2']])
    })

    it('reads a range in byte order: start in, end out, backwards, limited', async () => {
      await store.commit(['d', 'b', 'a', 'c'].map((key) => put(key, key)))
      const range = { gte: bytes('a'), lt: bytes('d') }
      const keys = async (options: object) => (await read(range, options)).map(([key]) => key)
      assert.deepEqual(await keys({}), ['a', 'b', 'c'])
      assert.deepEqual(await keys({ reverse: true }), ['c', 'b', 'a'])
      assert.deepEqual(await keys({ reverse: true, limit: 1 }), ['c'])
      assert.deepEqual(await keys({ limit: 2 }), ['a', 'b'])
      assert.deepEqual(await keys({ limit: 0 }), [])
      assert.deepEqual(
        (await store.values({ ...range, limit: 2 })).map((value) => Buffer.from(value).toString()),
        ['a', 'b'],
      )
    })

    it('keeps its own copy of keys and values', async () => {
      const key = bytes('key')
      const value = bytes('value')
      await store.commit([{ type: 'put', key, value }])
      key.fill(0)
      value.fill(0)
      assert.deepEqual(await read(), [['key', 'value']])
    })

    it('commits of many callers at once are all there, each whole, in the order of the calls', async () => {
      await Promise.all(
        Array.from({ length: 200 }, (_, index) => store.commit([put(`k${index}`, 'x'), put('last', String(index))])),
      )
      assert.equal((await read()).length, 201)
      assert.deepEqual(await read({ gte: bytes('last'), lt: bytes('lasu') }), [['last', '199']])
    })

    it('is ready, undamaged, and refuses by name once closed', async () => {
      await store.ready()
      assert.deepEqual(store.damage, [])
      await store[Symbol.asyncDispose]()
      await assert.rejects(store.commit([put('a', '1')]), { code: 'STORE_FAILED' })
      await assert.rejects(store.get(bytes('a')), { code: 'STORE_FAILED' })
    })

    it('behaves as a sorted map under any operations', async () => {
      const key = fc.uint8Array({ minLength: 1, maxLength: 2 }).map((raw) => raw.map((byte) => byte % 4))
      const operation = fc.oneof(
        fc.record({ type: fc.constant('put' as const), key, value: fc.uint8Array({ maxLength: 3 }) }),
        fc.record({ type: fc.constant('del' as const), key }),
      )
      const query = fc.record({ gte: key, lt: key, reverse: fc.boolean(), limit: fc.integer({ min: 0, max: 9 }) })
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.array(operation, { maxLength: 8 }), { maxLength: 6 }),
          query,
          async (commits, range) => {
            await store.commit((await store.entries(all)).map(([stale]) => ({ type: 'del', key: stale })))
            const model = new Map<string, [Buffer, Buffer]>()
            for (const commit of commits) {
              await store.commit(commit)
              for (const step of commit) {
                const name = Buffer.from(step.key).toString('hex')
                if (step.type === 'put') model.set(name, [Buffer.from(step.key), Buffer.from(step.value)])
                else model.delete(name)
              }
            }
            const sorted = [...model.values()].sort(([a], [b]) => compare(a, b) * (range.reverse ? -1 : 1))
            const expected = sorted
              .filter(([at]) => compare(at, range.gte) >= 0 && compare(at, range.lt) < 0)
              .slice(0, range.limit)
            const found = (await store.entries(range)).map(([at, value]) => [Buffer.from(at), Buffer.from(value)])
            assert.deepEqual(found, expected)
          },
        ),
        { numRuns: 60 },
      )
    })
  })
}
