import { cleanLine } from './clean-text.ts'

/** `alice@home.example`; of a node without a domain, whose name is 52 characters of base32, the first eight. */
export const shortAddress = (address: string): string =>
  cleanLine(address).replace(/@([a-z2-7]{8})[a-z2-7]{44}$/, '@$1…')
