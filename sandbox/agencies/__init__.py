"""The agencies' transfer windows (人社, 医保局): the destination is asked, and asks the origin."""
