import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { z } from 'zod'
import type { CallSpec } from '../../../spec/calls/call.ts'
import { isMethod } from '../../../spec/topics.ts'

const folder = new URL('../../../spec/calls/', import.meta.url)
const files = readdirSync(folder).filter((name) => name.endsWith('.ts') && name !== 'call.ts')

const isCall = (value: unknown): value is CallSpec => typeof value === 'object' && value !== null && 'method' in value

describe('calls', () => {
  for (const file of files) {
    const method = file.slice(0, -'.ts'.length)
    // CALL-1, CALL-2, CALL-3
    it(`${method}: file name and method agree, the input is strict and has no id`, async () => {
      const exported: object = await import(new URL(file, folder).href)
      const [call, ...others] = Object.values(exported).filter(isCall)
      if (call === undefined) {
        assert.ok(!isMethod(method) || method === 'index' || !method.includes('.'), `${file} describes no call`)
        return
      }
      assert.deepEqual(others, [])
      assert.equal(call.method, method)
      assert.ok(isMethod(method))
      assert.match(call.summary, /^[A-Z].*[^.]$/)
      const { error } = call.input.safeParse({ 'no such field': 1 })
      assert.ok(error?.issues.some(({ code }) => code === 'unrecognized_keys'))
      const hasId = call.input instanceof z.ZodObject && 'id' in call.input.shape
      assert.ok(!hasId, 'CALL-2: `id` is the request’s own')
    })
  }
})
