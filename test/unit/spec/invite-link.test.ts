import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { HearthError } from '../../../spec/errors.ts'
import { formatInviteLink, parseInviteLink, type InviteLink } from '../../../spec/invite-link.ts'
import { readVectors } from '../../support/vectors/read.ts'

interface Vectors {
  readonly valid: readonly {
    readonly text: string
    readonly link: { readonly code: string; readonly home: InviteLink['home'] | null }
    readonly base?: string
  }[]
  readonly invalid: readonly { readonly text: string; readonly why: string }[]
}

// ACC-47 to ACC-49
describe('invite links', () => {
  const { valid, invalid } = readVectors('accounts/invite-links') as Vectors

  for (const { text, link, base } of valid) {
    it(`${text.trim().slice(0, 40)}…: is read, and written again`, () => {
      const read = parseInviteLink(text)
      assert.deepEqual({ ...read, home: read.home ?? null }, link)
      if (base !== undefined) assert.equal(formatInviteLink(base, read), text)
    })
  }

  for (const { text, why } of invalid) {
    it(`${why}: BAD_REQUEST`, () => {
      assert.throws(
        () => parseInviteLink(text),
        (error: unknown) => error instanceof HearthError && error.code === 'BAD_REQUEST',
      )
    })
  }

  it('whatever is pasted, it is a link or BAD_REQUEST', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((tail) => `${valid[4]?.text}${tail}`),
        ),
        (text) => {
          try {
            parseInviteLink(text)
          } catch (error) {
            assert.ok(error instanceof HearthError && error.code === 'BAD_REQUEST')
          }
        },
      ),
    )
  })
})
