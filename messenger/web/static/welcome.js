import { byId } from "./dom.js";
import { browserLanguage, setLanguage, t } from "./strings.js";

setLanguage(browserLanguage());
byId("heading").textContent = t("joinHeading");
byId("text").textContent = t("welcomeText");
