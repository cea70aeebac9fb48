import { hash, verify } from '@node-rs/argon2'
import type { PasswordHash } from './components.ts'

/** ACC-12: argon2id, 19 MiB, 2 passes, 1 lane (OWASP's first choice); some 20 ms of a core. */
export const argon2id: PasswordHash = {
  hash: (password) => hash(password, { memoryCost: 19_456, timeCost: 2, parallelism: 1, outputLen: 32 }),
  verify: (stored, password) => verify(stored, password),
}
