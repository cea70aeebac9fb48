import { betweenPeople } from './people.ts'

/** FRIEND-22 */
export const dmOpenCall = betweenPeople('dm.open')
