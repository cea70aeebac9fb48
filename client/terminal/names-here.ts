import type { EventJson, Session } from '../sdk/index.ts'

/** Whom one may mean here, as a mention says it (MSGS-3): `bob` of one's own node, otherwise the address. */
export const namesHere = (
  messages: readonly EventJson[],
  online: readonly string[],
  { user, address }: Pick<Session, 'user' | 'address'>,
): string[] => {
  const home = address?.slice(address.lastIndexOf('@'))
  const nameOf = (one: string): string => (home !== undefined && one.endsWith(home) ? one.slice(0, -home.length) : one)
  const spoke = messages.toReversed().map(({ author }) => author.address)
  return [...new Set([...spoke, ...online].map(nameOf))].filter((name) => name !== user && name.length > 0)
}
