// Runs before the page is painted: the theme and the size of the text that were chosen in this browser.

import { applyLook } from "./lib/look";

applyLook();
