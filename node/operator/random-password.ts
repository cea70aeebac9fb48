import { randomBytes } from 'node:crypto'
import { encodeBase32 } from '../../spec/base32.ts'

/** 100 bits in groups that can be read out: `k3v7q-…`. */
export const randomPassword = (): string => (encodeBase32(randomBytes(13)).slice(0, 20).match(/.{5}/g) ?? []).join('-')
