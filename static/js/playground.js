// A host without a lesson.
import { startHost } from "./host.js";

startHost(document.querySelector(".workbench"));
